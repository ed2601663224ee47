using System.Text.Json;
using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Reports;

/// <summary>The report's JSON: scripts rely on its names.</summary>
public sealed class BenchReportTests
{
    [Fact]
    public void Version_1_has_these_fields()
    {
        using JsonDocument document = JsonDocument.Parse(Reported.Full.ToJson());
        JsonElement root = document.RootElement;

        Assert.Equal(("vitgrid-bench", 1), (root.GetProperty("schema").GetString(), root.GetProperty("version").GetInt32()));
        Assert.Equal(
            ["schema", "version", "machine", "command", "target", "load", "requests", "steps", "timeline", "stages_ms", "server",
                "generator_cores", "search", "verify", "bottleneck"],
            Names(root));
        Assert.Equal(
            ["name", "rate_asked", "seconds", "sent", "answered", "refused", "late", "failed", "not_sent", "requests_per_second",
                "images_per_second", "latency_ms", "refused_ms", "generator_late_ms", "lanes", "curve", "faults"],
            Names(root.GetProperty("steps")[0]));
        Assert.Equal(["mean", "p50", "p75", "p90", "p99", "p999", "max"], Names(root.GetProperty("steps")[0].GetProperty("latency_ms")));
        Assert.Equal(["second", "answered", "images", "refused", "failed", "p50", "p99", "max"], Names(root.GetProperty("timeline")[0]));
        Assert.Equal(["stages_ms", "batches", "device_busy", "busy_timeline"], Names(root.GetProperty("server")));
        Assert.Equal(["goal", "rate", "probes"], Names(root.GetProperty("search")));
        Assert.Equal(["stage", "why"], Names(root.GetProperty("bottleneck")));
    }

    [Fact]
    public void Each_ending_has_its_exit_code()
    {
        BenchReport some = Reported.Full with { Search = null };
        StepReport step = some.Steps[0];
        Assert.Equal(2, BenchOutput.CodeOf(some));
        Assert.Equal(0, BenchOutput.CodeOf(some with { Steps = [step with { Failed = 0 }] }));
        Assert.Equal(1, BenchOutput.CodeOf(some with { Steps = [step with { Answered = 0 }] }));
        Assert.Equal(1, BenchOutput.CodeOf(some with { Verify = new(5, 1) }));
        Assert.Equal(1, BenchOutput.CodeOf(Reported.Full with { Search = new("p99=1ms", null, []) }));
        Assert.Equal(0, BenchOutput.CodeOf(Reported.Full));
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}

using VitGrid.LoadTest.Bench;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Tests.Bench;

/// <summary>The whole way, against a stub over real HTTP.</summary>
public sealed class BenchRunTests
{
    [Fact]
    public async Task An_open_loop_sends_what_is_due_and_reports_it()
    {
        await using StubServer server = await StubServer.StartAsync(_ => 200);
        BenchReport report = await RunAsync(
            Options(server) with { Rates = [200, 400], Headers = [new("Authorization", "Bearer k")], Verify = true });

        Assert.Equal([100, 200], report.Steps.Select(step => step.Answered));
        // Four images were drawn: the first vector of each has nothing to be compared with.
        Assert.Equal(new(300 - 4, 0), report.Verify);
        Assert.Equal(1, report.StagesMs["decode"]);
        Assert.Equal("Bearer k", server.Authorization);
        Assert.Equal(300, server.Seen.Count);
    }

    [Fact]
    public async Task Repeated_images_arrive_as_equal_files()
    {
        await using StubServer server = await StubServer.StartAsync(_ => 200);
        await RunAsync(Options(server) with { Rates = [600], Shape = new() { Plain = true, Images = 4, Duplicates = 0.5 } });
        Assert.InRange(server.Seen.Count, 500, 700);
    }

    [Fact]
    public async Task Refusals_and_faults_are_told_apart()
    {
        await using StubServer server = await StubServer.StartAsync(
            number => (number % 4) switch { 0 => 429, 1 => 500, 2 => 504, _ => 200 });
        BenchReport report = await RunAsync(Options(server) with { Rates = [400] });

        StepReport step = Assert.Single(report.Steps);
        Assert.Equal((50, 50, 50, 50), (step.Answered, step.Refused, step.Failed, step.Late));
        Assert.Equal(["429 overloaded", "500 overloaded", "504 overloaded"], step.Faults.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_closed_loop_keeps_its_connections_busy()
    {
        await using StubServer server = await StubServer.StartAsync(_ => 200);
        BenchReport report = await RunAsync(Options(server) with { Connections = 3 });
        Assert.True(Assert.Single(report.Steps).Answered >= 3);
        Assert.Null(report.Steps[0].RateAsked);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_fault_of_every_request()
    {
        await using StubServer server = await StubServer.StartAsync(_ => 200);
        // Port 1: nothing listens there, and no other test is given it.
        BenchReport report = await RunAsync(Options(server) with { Rates = [40], Address = new("http://127.0.0.1:1/v1/embeddings") });
        Assert.Equal(new Dictionary<string, int> { ["broken off (ConnectionError)"] = 20 }, Assert.Single(report.Steps).Faults);
        Assert.Equal(1, BenchOutput.CodeOf(report));
    }

    private static BenchOptions Options(StubServer server) => new()
    {
        Address = new(server.Address, "/v1/embeddings"),
        Mix = ImageKind.ParseMix("png:8x8"),
        Process = ArrivalProcess.Fixed,
        Duration = TimeSpan.FromSeconds(0.5),
        WarmUp = TimeSpan.Zero,
        Shape = new() { Plain = true },
    };

    private static async Task<BenchReport> RunAsync(BenchOptions options)
    {
        using BenchRun run = new(options);
        return await run.RunAsync("vitgrid bench", new(TextWriter.Null, isTerminal: false), CancellationToken.None);
    }
}

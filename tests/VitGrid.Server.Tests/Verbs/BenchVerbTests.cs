using System.Text.Json;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Verbs;

/// <summary><c>vitgrid bench</c> against the real front end.</summary>
public sealed class BenchVerbTests
{
    [Fact]
    public async Task Json_is_all_that_stands_on_stdout_and_everything_was_answered()
    {
        await using TestApi door = await TestApi.OpenAsync();

        VerbRun run = await VerbRun.RunAsync(
            "bench", "--url", door.Http.BaseAddress!.ToString(), "--rate", "50", "--arrivals", "fixed", "--duration", "0.4", "--warm-up",
            "0", "--mix", "png:8x8", "--json", "--api-key", "secret");

        Assert.Equal(0, run.ExitCode);
        using JsonDocument report = JsonDocument.Parse(string.Join('\n', run.Lines));
        Assert.Equal(20, report.RootElement.GetProperty("steps")[0].GetProperty("answered").GetInt32());
        Assert.Contains("20 answered", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Error + string.Concat(run.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'jpeg:0x1' is no kind of image", "--mix", "jpeg:0x1")]
    [InlineData("'p99' is no bound", "--find-rate", "p99")]
    [InlineData("'0' is not a number of requests a second", "--rate", "0")]
    [InlineData("--rate", "--rate")]
    [InlineData("--rate is an open loop and --connections a closed one", "--rate", "1", "--connections", "2")]
    [InlineData("--form raw holds one image", "--form", "raw", "--per-request", "2")]
    public async Task A_command_line_that_makes_no_sense_is_refused_with_code_64(string why, params string[] arguments)
    {
        VerbRun run = await VerbRun.RunAsync(["bench", .. arguments]);

        Assert.Equal(64, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Lines);
    }
}

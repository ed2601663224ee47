using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>Real processes of two devices, one of which is lost for ever while images are asked for.</summary>
public sealed class LostDeviceTests(ITestOutputHelper output)
{
    private const int DeviceLost = 76;

    private static readonly string Image = Path.Combine(GoldenFiles.Repository, "docs", "images", "fish.png");

    /// <summary>
    /// A context that is lost, a run that hangs, and a context whose driver lets nobody free anything, which the process cuts off itself.
    /// </summary>
    [Theory]
    [InlineData("context", false)]
    [InlineData("hang", false)]
    [InlineData("stuck", true)]
    public async Task A_process_that_lost_a_device_answers_with_the_other_and_ends_with_its_own_code(string fault, bool isCutOff)
    {
        using StartedProcess server = StartedProcess.VitGrid(
            [("VITGRID_INJECT_FAULTS", "1")],
            [
                "serve", "--model", "internvit-nano", "--devices", "cpu:0,cpu:1", "--urls", "http://127.0.0.1:0",
                $"--VitGrid:Health:InjectFaults:0=cpu:1 {fault} after=6",
                "--VitGrid:Health:RunFloorMilliseconds=2000", "--VitGrid:Health:LostMilliseconds=500",
                "--VitGrid:Shutdown:DrainMilliseconds=1000", "--VitGrid:Shutdown:LingerMilliseconds=0",
            ]);
        try
        {
            string url = await server.ReadyAsync();
            Task<int> ending = server.ExitAsync();
            int[] answered = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AskUntilItEndsAsync(url, ending)));
            Assert.True(answered.Sum() > 6, "it ended before both devices had images");
            Assert.Equal(DeviceLost, await ending);
            Assert.Equal(isCutOff, server.Said.Contains("since device cpu:1 is lost; it is cut off", StringComparison.Ordinal));
        }
        finally
        {
            output.WriteLine(server.Said);
        }
    }

    /// <summary>What a silo that hangs in native code looks like from outside: a probe of its life gets no answer.</summary>
    [Fact]
    public async Task A_process_that_hangs_as_a_whole_gives_no_sign_of_life_and_one_that_goes_on_does()
    {
        using StartedProcess server = StartedProcess.VitGrid("serve", "--urls", "http://127.0.0.1:0");
        string url = await server.ListeningAsync();
        string[] probe = ["health", "--url", $"{url}/health/live", "--timeout-ms", "5000"];
        Assert.Equal(0, (await VerbRun.RunAsync(probe)).ExitCode);
        server.Freeze();
        VerbRun silent = await VerbRun.RunAsync(probe);
        Assert.Equal(1, silent.ExitCode);
        Assert.Contains("gave no answer within 5000 ms", silent.Error, StringComparison.Ordinal);
        server.Thaw();
        Assert.Equal(0, (await VerbRun.RunAsync(probe)).ExitCode);
    }

    /// <summary>Answers, each of which must be the first one's, until the process drains or is gone.</summary>
    private static async Task<int> AskUntilItEndsAsync(string url, Task ending)
    {
        using HttpClient client = new();
        byte[] image = await File.ReadAllBytesAsync(Image);
        float[]? first = null;
        int answered = 0;
        while (!ending.IsCompleted)
        {
            try
            {
                float[] vector = await SteadyLoad.EmbedAsync(client, new($"{url}/v1/embeddings?cache=bypass"), image);
                Assert.Equal(first ??= vector, vector);
                answered++;
            }
            catch (Xunit.Sdk.TrueException refused) when (refused.Message.Contains("draining", StringComparison.Ordinal))
            {
                break;
            }
            catch (HttpRequestException)
            {
                break;
            }
        }
        return answered;
    }
}

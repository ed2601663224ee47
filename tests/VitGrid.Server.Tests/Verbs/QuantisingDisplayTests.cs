using VitGrid.Server.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>Weights are quantised once; whoever waits for it sees how far it is, and sees nothing afterwards.</summary>
public sealed class QuantisingDisplayTests : IDisposable
{
    private const string Title = "quantising internvit-nano to 8 bits, once";
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose()
    {
        _folder.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("embed", "fish.png", "--model")]
    [InlineData("parity", "--expected", "expected.safetensors", "--model")]
    public async Task A_verb_that_quantises_shows_it_the_first_time_and_only_then(params string[] verb)
    {
        string model = CopiedNano();
        string[] arguments = [.. verb.Select(Placed), model, "--precision", "int8"];
        VerbRun first = await VerbRun.RunAsync(arguments), second = await VerbRun.RunAsync(arguments);

        Assert.True((first.ExitCode, second.ExitCode) == (0, 0), first.Error + second.Error);
        Assert.Contains(Title, first.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("quantising", second.Error, StringComparison.Ordinal);
        Assert.Equal(first.Out, second.Out);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Work_that_ends_or_fails_before_all_is_quantised_is_not_waited_for_longer(bool fails)
    {
        Task<int> shown = QuantisingDisplay.RunAsync(Terminal(), "m", progress =>
        {
            progress.Report(0.5);
            return fails ? Task.FromException<int>(new IOException("full")) : Task.FromResult(7);
        });
        if (fails)
            await Assert.ThrowsAsync<IOException>(() => shown);
        else
            Assert.Equal(7, await shown);
        Assert.Contains("quantising m to 8 bits", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Work_goes_on_after_all_is_quantised(bool errorIsTerminal)
    {
        TaskCompletionSource<int> work = new();
        Task<int> shown = QuantisingDisplay.RunAsync(Terminal(errorIsTerminal), "m", progress =>
        {
            progress.Report(1);
            return work.Task;
        });
        Assert.False(shown.IsCompleted);
        work.SetResult(7);
        Assert.Equal(7, await shown);
    }

    private static string Placed(string argument) => argument switch
    {
        "fish.png" => Path.Combine(GoldenFiles.Repository, "docs", "images", argument),
        "expected.safetensors" => Path.Combine(GoldenFiles.Nano, argument),
        _ => argument,
    };

    private Terminal Terminal(bool errorIsTerminal = false) =>
        new(TextWriter.Null, _error, () => Stream.Null, outIsTerminal: false, errorIsTerminal);

    /// <summary>The bundled model as it is before anyone used it.</summary>
    private string CopiedNano()
    {
        string copy = Directory.CreateDirectory(_folder.At("internvit-nano")).FullName;
        foreach (string file in Directory.GetFiles(GoldenFiles.Nano))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }
}

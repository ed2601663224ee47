using System.Text.Json;
using VitGrid.Server.Verbs;

namespace VitGrid.Server.Tests.Verbs;

public sealed class DoctorVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_needed_is_there()
    {
        VerbRun run = await VerbRun.RunAsync(VerbRun.Roots(_folder.Root), "doctor");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            ["system", "processor", "int8", "memory", "onnx runtime", "libvips", "default model", "model repository", "cuda"],
            run.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task A_missing_default_model_fails_with_a_remedy()
    {
        ModelRoots roots = new(_folder.At("nothing"), _folder.At("models"), []);

        VerbRun run = await VerbRun.RunAsync(roots, "doctor");

        Assert.Equal(1, run.ExitCode);
        JsonElement model = JsonDocument.Parse(run.Lines[6]).RootElement;
        Assert.Equal("missing", model.GetProperty("health").GetString());
        Assert.Contains("install VitGrid again", model.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_cannot_be_written_names_the_variable_to_set()
    {
        _folder.Write("models", "a file where the folder should be");

        VerbRun run = await VerbRun.RunAsync(VerbRun.Roots(_folder.Root), "doctor");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("VITGRID_HOME", run.Out, StringComparison.Ordinal);
    }
}

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
    public async Task A_configured_plug_in_whose_library_is_not_there_is_missing_with_its_path()
    {
        _folder.Write("settings.json", """{"VitGrid":{"Runtime":{"Providers":{"absent":{"Library":"/nowhere/libabsent.so"}}}}}""");

        VerbRun run = await VerbRun.RunAsync(VerbRun.Roots(_folder.Root), "doctor", "--config", _folder.At("settings.json"));

        Assert.Equal(1, run.ExitCode);
        JsonElement plugin = Finding(run, "plug-in absent");
        Assert.Equal("missing", plugin.GetProperty("health").GetString());
        Assert.Equal("its library /nowhere/libabsent.so is not there", plugin.GetProperty("fact").GetString());
    }

    [Theory]
    [InlineData("onnxruntime_ep_openvino/libonnxruntime_providers_openvino_plugin.so", "openvino")]
    [InlineData("onnxruntime_ep_other/capi/libonnxruntime_providers_other-npu_plugin.so", "other-npu")]
    public async Task An_installed_plug_in_is_found_and_nothing_needed_is_missing_where_it_is_of_no_use(string file, string name)
    {
        string library = Path.Combine("venv", "lib", "python3.11", "site-packages", file);
        _folder.Write(library, "no library, but where one would lie");

        VerbRun run = await VerbRun.RunAsync(
            terminal => new(terminal, VerbRun.Roots(_folder.Root))
            {
                Variable = variable => variable == "VIRTUAL_ENV" ? _folder.At("venv") : null,
            },
            [], onTerminal: false, default, "doctor");

        Assert.Equal(0, run.ExitCode);
        JsonElement plugin = Finding(run, $"plug-in {name}");
        Assert.Equal("optional", plugin.GetProperty("health").GetString());
        Assert.StartsWith(
            $"{_folder.At(library)} is installed, but of no use: ", plugin.GetProperty("fact").GetString(), StringComparison.Ordinal);
    }

    private static JsonElement Finding(VerbRun run, string subject) => Assert.Single(
        run.Lines.Select(line => JsonDocument.Parse(line).RootElement),
        finding => finding.GetProperty("subject").GetString() == subject);

    [Fact]
    public async Task A_repository_that_cannot_be_written_names_the_variable_to_set()
    {
        _folder.Write("models", "a file where the folder should be");

        VerbRun run = await VerbRun.RunAsync(VerbRun.Roots(_folder.Root), "doctor");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("VITGRID_HOME", run.Out, StringComparison.Ordinal);
    }
}

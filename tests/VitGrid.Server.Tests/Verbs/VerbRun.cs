using VitGrid.Server.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary>A run of the command line in this process, with what it wrote.</summary>
internal sealed record VerbRun(int ExitCode, string Out, string Error)
{
    public IReadOnlyList<string> Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static Task<VerbRun> RunAsync(params string[] arguments) =>
        RunAsync(Roots(Path.Combine(Path.GetTempPath(), "vitgrid-absent")), arguments);

    public static Task<VerbRun> RunAsync(ModelRoots roots, params string[] arguments) => RunAsync(roots, [], false, default, arguments);

    public static Task<VerbRun> RunAsync(
        ModelRoots roots, byte[] input, bool onTerminal, CancellationToken cancellationToken, params string[] arguments) =>
        RunAsync(terminal => new VerbContext(terminal, roots), input, onTerminal, cancellationToken, arguments);

    /// <summary>Runs in a context that the test makes.</summary>
    public static async Task<VerbRun> RunAsync(
        Func<Terminal, VerbContext> context, byte[] input, bool onTerminal, CancellationToken cancellationToken, params string[] arguments)
    {
        StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        Terminal terminal = new(output, error, () => new MemoryStream(input), onTerminal, errorIsTerminal: false);
        int code = await CommandLine.RunAsync(arguments, context(terminal), cancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>The bundled models, an empty or given repository, and no hub cache.</summary>
    public static ModelRoots Roots(string home, params string[] hubCaches) =>
        new(Path.GetDirectoryName(GoldenFiles.Nano)!, Path.Combine(home, "models"), hubCaches);
}

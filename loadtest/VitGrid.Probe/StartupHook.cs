using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Pipes;
using VitGrid.Probe;

/// <summary>What the runtime calls before <c>Main</c> of a program whose <c>DOTNET_STARTUP_HOOKS</c> names this assembly.</summary>
[SuppressMessage("Design", "CA1050:Declare types in namespaces", Justification = "The runtime looks for this name without a namespace.")]
internal static class StartupHook
{
    /// <summary>Starts to answer readings on the pipe that the environment names.</summary>
    public static void Initialize()
    {
        HitProbe.Prepare(int.Parse(Environment.GetEnvironmentVariable("VITGRID_PROBE_POINTS")!, CultureInfo.InvariantCulture));
        string pipe = Environment.GetEnvironmentVariable("VITGRID_PROBE_PIPE")!;
        new Thread(() => Serve(pipe)) { IsBackground = true, Name = "probe" }.Start();
    }

    /// <summary>Answers each line with one line: the points that ran since the last, separated by spaces.</summary>
    private static void Serve(string pipe)
    {
        using NamedPipeServerStream server = new(pipe);
        server.WaitForConnection();
        using StreamReader reader = new(server);
        using StreamWriter writer = new(server) { AutoFlush = true };
        while (reader.ReadLine() is not null)
            writer.WriteLine(string.Join(' ', HitProbe.Read().Select(point => point.ToString(CultureInfo.InvariantCulture))));
    }
}

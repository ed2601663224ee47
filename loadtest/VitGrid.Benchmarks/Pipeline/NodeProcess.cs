using System.Diagnostics;
using System.Text.Json;

namespace VitGrid.Benchmarks.Pipeline;

/// <summary>A child process of the benchmark and its newest reading.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process;
    private NodeReading _newest = new(0, [], 0, 0);

    public NodeProcess(IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.BeginOutputReadLine();
    }

    public NodeReading Newest => Volatile.Read(ref _newest);

    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public void Ensure()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"a worker of the benchmark ended with code {_process.ExitCode}; see what it wrote above");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is ['{', ..])
            Volatile.Write(ref _newest, JsonSerializer.Deserialize<NodeReading>(line)!);
    }
}

using System.Diagnostics;
using System.Globalization;

namespace VitGrid.LoadTest.Processes;

/// <summary>
/// A process of the harness's own: what it writes is kept, and it is gone when the harness is, however that ends. It stays in the
/// harness's process group, so that who ends the group ends it too.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const int KeptLines = 20;

    private readonly Process _process;
    private readonly Queue<string> _last = new(KeptLines);
    private readonly TextWriter _log;

    private ChildProcess(Process process, TextWriter log)
    {
        (_process, _log) = (process, log);
        AppDomain.CurrentDomain.ProcessExit += KillWithTheHarness;
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts <paramref name="program"/>.</summary>
    /// <param name="program">Name on the path, or a file.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="logFile">Where all it writes is appended; null keeps the last lines only.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string? logFile = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        TextWriter log = logFile is null
            ? TextWriter.Null : TextWriter.Synchronized(new StreamWriter(logFile, append: true) { AutoFlush = true });
        log.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"-- {DateTime.UtcNow:HH:mm:ss.fff} {program} {string.Join(' ', start.ArgumentList)}"));
        return new(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"), log);
    }

    /// <summary>Its exit code once it has ended; 128 + n after signal n.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>
    /// Sends a signal by its name: <c>TERM</c>, <c>STOP</c>, <c>CONT</c>, <c>KILL</c>. Nothing happens once it has ended.
    /// </summary>
    public void Signal(string name)
    {
        if (HasExited)
            return;
        using Process kill = Process.Start("kill", [$"-{name}", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    /// <summary>The last lines it wrote.</summary>
    public string LastLines()
    {
        lock (_last)
            return string.Join(Environment.NewLine, _last);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillWithTheHarness;
        Kill();
        _process.WaitForExit();
        _process.Dispose();
        _log.Dispose();
    }

    private void KillWithTheHarness(object? sender, EventArgs arguments) => Kill();

    private void Kill()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        _log.WriteLine(line);
        lock (_last)
        {
            if (_last.Count == KeptLines)
                _last.Dequeue();
            _last.Enqueue(line);
        }
    }
}

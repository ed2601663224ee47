using System.Globalization;
using System.IO.Pipes;

namespace VitGrid.Structure.Coverage;

/// <summary>Asks the probe within an instrumented process what ran.</summary>
internal sealed class ProbeReader : IDisposable
{
    private readonly NamedPipeClientStream _pipe;
    private readonly IReadOnlyList<ProbedPoint> _points;
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;

    private ProbeReader(NamedPipeClientStream pipe, IReadOnlyList<ProbedPoint> points) =>
        (_pipe, _points, _reader, _writer) = (pipe, points, new(pipe), new(pipe) { AutoFlush = true });

    /// <summary>Connects to a pipe that an instrumented process serves.</summary>
    /// <param name="name">The pipe's name.</param>
    /// <param name="points">The points by number.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<ProbeReader> ConnectAsync(string name, IReadOnlyList<ProbedPoint> points, CancellationToken cancellationToken)
    {
        NamedPipeClientStream pipe = new(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
        await pipe.ConnectAsync(10_000, cancellationToken);
        return new(pipe, points);
    }

    /// <summary>Reads which points ran since the last reading, and has the process forget them.</summary>
    /// <exception cref="EndOfStreamException">The process has ended.</exception>
    public async Task<IReadOnlyCollection<ProbedPoint>> ReadAsync(CancellationToken cancellationToken)
    {
        await _writer.WriteLineAsync("read".AsMemory(), cancellationToken);
        string line = await _reader.ReadLineAsync(cancellationToken)
            ?? throw new EndOfStreamException("the instrumented server has ended; run it by hand to see why");
        string[] numbers = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [.. numbers.Select(number => _points[int.Parse(number, CultureInfo.InvariantCulture)])];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _pipe.Dispose();
    }
}

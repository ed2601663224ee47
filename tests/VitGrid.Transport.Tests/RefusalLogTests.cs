using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace VitGrid.Transport.Tests;

/// <summary>What a storm of strangers leaves in the log.</summary>
public sealed class RefusalLogTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly KeptLines _log = new();

    [Fact]
    public async Task A_storm_of_refusals_is_a_line_a_second_with_their_number_and_one_line_each()
    {
        await using DataPlane plane = DataPlane.Start(
            new() { UnixSocket = false, Limits = PlanePair.Patient }, new("grid", "plane", 1), _ => (_, _) => ValueTask.CompletedTask,
            _time, _log);
        for (int i = 0; i < 30; i++)
            await KnockAsync(plane);
        AwaitLines(1);
        Assert.StartsWith("1 connections to the data plane were turned away", Lines()[0], StringComparison.Ordinal);
        // Whoever was turned away hears of it a moment before it is counted: the line says how many were, and the next ones the rest.
        int knocks = 30;
        while (Told() < 30)
        {
            int lines = Lines().Length;
            _time.Advance(TimeSpan.FromSeconds(1.5));
            await KnockAsync(plane);
            knocks++;
            AwaitLines(lines + 1);
        }
        Assert.InRange(Told(), 30, knocks);
        Assert.InRange(Lines().Length, 2, knocks - 30 + 1);
        Assert.All(Lines(), line => Assert.DoesNotContain(line, char.IsControl));
        Assert.All(Lines(), line => Assert.Contains("\\u000a", line, StringComparison.Ordinal));
    }

    public void Dispose() => _log.Dispose();

    private void AwaitLines(int count) =>
        Assert.True(SpinWait.SpinUntil(() => Lines().Length == count, TimeSpan.FromMinutes(1)), $"never were {count} lines said");

    private string[] Lines() => _log.Lines;

    private int Told() => Lines().Sum(line => int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture));

    /// <summary>A stranger whose name has a line break; gone when it was turned away, and so counted.</summary>
    private static async Task KnockAsync(DataPlane plane)
    {
        using RawPeer stranger = new(plane);
        stranger.Send(stranger.Frame(OwnKinds.Hello, new Hello(new("grid", "a\n1 ERROR b", 1), 1).Write()));
        await stranger.ClosedAsync();
    }

    private sealed class KeptLines : ILoggerFactory, ILogger
    {
        private readonly List<string> _lines = [];

        public string[] Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add(formatter(state, exception));
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}

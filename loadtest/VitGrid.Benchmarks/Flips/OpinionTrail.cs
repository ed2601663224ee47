using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VitGrid.Benchmarks.Flips;

/// <summary>What the grid logs of each image that two replicas are asked for: who was asked first, and who was found to be wrong.</summary>
internal sealed class OpinionTrail : ILoggerProvider, ILogger
{
    private const int Answered = 5093, Undecided = 5311, Corrected = 5312;

    private readonly ConcurrentDictionary<string, Trail> _images = new(StringComparer.Ordinal);

    /// <summary>Images that two replicas computed.</summary>
    public int Asked => _images.Values.Count(image => image.HasTwo);

    /// <summary>Images that would have been answered wrong and were not, because the second replica was right.</summary>
    public int Found => _images.Values.Count(image => image.Wrong is { } wrong && wrong == image.First);

    /// <summary>Images that were refused since nobody could tell which of the two vectors is right.</summary>
    public int NotDecided => _images.Values.Count(image => image.IsUndecided);

    /// <summary>Whether a second opinion was asked for and only the same replica was there to give it.</summary>
    public bool IsAlone(string request) => _images.TryGetValue(request, out Trail? image) && image is { HasTwo: false, Answers: > 1 };

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id is not (Answered or Undecided or Corrected) || state is not IReadOnlyList<KeyValuePair<string, object?>> values)
            return;
        string? Value(string name) => values.FirstOrDefault(value => value.Key == name).Value?.ToString();
        if (Value("RequestId") is not { } request)
            return;
        Trail image = _images.GetOrAdd(request, _ => new());
        lock (image)
            image.Add(eventId.Id, Value("Replica"), Value("Wrong"));
    }

    public void Dispose()
    {
    }

    private sealed class Trail
    {
        public string? First { get; private set; }

        public bool HasTwo { get; private set; }

        public string? Wrong { get; private set; }

        public bool IsUndecided { get; private set; }

        public int Answers { get; private set; }

        public void Add(int number, string? replica, string? wrong)
        {
            First ??= replica;
            Answers += number == Answered ? 1 : 0;
            HasTwo |= number == Answered && replica != First;
            Wrong ??= wrong;
            IsUndecided |= number == Undecided;
        }
    }
}

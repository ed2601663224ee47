using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Bench;

/// <summary>What <c>bench</c> does.</summary>
internal sealed record BenchOptions
{
    /// <summary>The server's embeddings endpoint.</summary>
    public required Uri Address { get; init; }

    /// <summary>Sent with each request, e.g. <c>Authorization</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What requests are made of.</summary>
    public RequestShape Shape { get; init; } = new();

    /// <summary>The images drawn, where <see cref="Folder"/> names none.</summary>
    public IReadOnlyList<ImageKind> Mix { get; init; } = [];

    /// <summary>A folder of images to send instead.</summary>
    public string? Folder { get; init; }

    /// <summary>Requests a second, step by step: an open loop. Empty: a closed loop.</summary>
    public IReadOnlyList<double> Rates { get; init; } = [];

    /// <summary>When requests of an open loop are due.</summary>
    public ArrivalProcess Process { get; init; } = ArrivalProcess.Poisson;

    /// <summary>Requests under way at once in a closed loop.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>The bound to search the highest rate for; null: none.</summary>
    public LatencyGoal? Goal { get; init; }

    /// <summary>Length of a step or of a probe.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Load before the first step, which does not count.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Width of the timeline's intervals.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Equal seeds give equal images, requests and arrivals.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether vectors of equal pixels are compared.</summary>
    public bool Verify { get; init; }

    /// <summary>How long a client waits for an answer: its server's time and some, else two minutes.</summary>
    public TimeSpan Timeout =>
        Shape.TimeoutMs is { } timeout ? TimeSpan.FromMilliseconds(timeout) + TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(2);
}

namespace VitGrid.LoadTest.Sick;

/// <summary>What a device is expected to be found to be.</summary>
internal enum Finding
{
    /// <summary>Nothing: it goes on, and nothing fails.</summary>
    Healthy,

    /// <summary>Slow: it gets fewer images.</summary>
    Slow,

    /// <summary>Out of the pool.</summary>
    Out,

    /// <summary>Lost to its process, which ends to be started anew.</summary>
    Lost,

    /// <summary>Nothing is expected: what happens is reported.</summary>
    Anything,
}

/// <summary>One way for a device to be sick.</summary>
/// <param name="Name">As <c>--fault</c> takes it.</param>
/// <param name="Spec">As <c>Health:InjectFaults</c> takes it, without the device.</param>
/// <param name="Finding">What it is expected to be found to be.</param>
/// <param name="Wait">Longest time until it is.</param>
internal sealed record SickFault(string Name, string Spec, Finding Finding, TimeSpan Wait)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20), Long = TimeSpan.FromSeconds(90);

    /// <summary>Whether the device answers wrong without a sign: wrong answers until it is found are counted, not judged.</summary>
    public bool IsSilent { get; init; }

    /// <summary>All of them, in the order in which they run.</summary>
    public static IReadOnlyList<SickFault> All { get; } =
    [
        new("throw-once", "throw", Finding.Out, Soon),
        new("throw", "throw runs=all", Finding.Out, Soon),
        new("context", "context", Finding.Lost, Soon),
        new("nan", "nan", Finding.Out, Soon),
        new("hang", "hang", Finding.Lost, Long),
        new("memory", "memory size=2", Finding.Healthy, TimeSpan.FromSeconds(5)),
        new("slow", "slow times=10", Finding.Slow, Long),
        new("swap", "swap", Finding.Anything, TimeSpan.FromSeconds(60)) { IsSilent = true },
        new("weight", "weight seed=7 bit=30", Finding.Out, TimeSpan.FromSeconds(60)) { IsSilent = true },
        new("activation", "activation runs=5", Finding.Anything, TimeSpan.FromSeconds(5)) { IsSilent = true },
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(fault => fault.Name)];

    /// <summary>Names of those that run on every change.</summary>
    public static IReadOnlyList<string> Short { get; } = ["context"];

    /// <summary>The same where the device holds the middle segment of three.</summary>
    public static IReadOnlyList<string> ShortInSegments { get; } = ["throw"];
}

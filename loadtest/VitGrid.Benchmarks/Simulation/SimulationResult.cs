namespace VitGrid.Benchmarks.Simulation;

/// <summary>What is simulated.</summary>
/// <param name="Devices">Cards at the start.</param>
/// <param name="Seconds">Virtual seconds under load; the first fifth is not counted for throughput.</param>
/// <param name="Load">Offered load as a part of the plan's capacity, arriving at random; null: clients that always want more.</param>
/// <param name="Faults">Whether cards die, stand still, and join.</param>
/// <param name="Seed">Decides when images arrive and which cards fail.</param>
internal sealed record SimulationOptions(int Devices, double Seconds, double? Load, bool Faults, int Seed = 1);

/// <summary>What came of it. Everything but <see cref="SlowestPlan"/> is of virtual time, and the same in every run.</summary>
internal sealed record SimulationResult
{
    public required int Accepted { get; init; }

    public required int Answered { get; init; }

    public required int AnsweredTwice { get; init; }

    public required int Refused { get; init; }

    /// <summary>Images run again after a failure.</summary>
    public required int Replayed { get; init; }

    /// <summary>Answers that came of batches given up before, and were not passed on.</summary>
    public required int StaleAnswers { get; init; }

    /// <summary>Images answered a second.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>
    /// Throughput by linear growth: under saturating load the arithmetic of the answered images over that of all living cards working
    /// without a pause; otherwise the images answered over those offered.
    /// </summary>
    public required double OfLinear { get; init; }

    /// <summary>Longest time without an answer, in seconds.</summary>
    public required double LongestGap { get; init; }

    /// <summary>Longest time an image took, in seconds.</summary>
    public required double MaxWait { get; init; }

    public required TimeSpan SlowestPlan { get; init; }

    public required int Plans { get; init; }

    public int Lost => Accepted - Answered;
}

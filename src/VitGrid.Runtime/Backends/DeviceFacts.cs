using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Backends;

/// <summary>What is known of one device.</summary>
/// <param name="Spec">Its name and memory bound.</param>
/// <param name="Model">The card's or processor's name.</param>
/// <param name="MemoryBytes">All its memory, in bytes.</param>
/// <param name="FreeBytes">Memory free when it was asked, in bytes.</param>
/// <param name="ComputeCapability">CUDA: e.g. 9.0; null for a CPU.</param>
/// <param name="Threads">CPU: threads of the machine. CUDA: streaming multiprocessors.</param>
/// <param name="Speed">FLOP/s on paper in single precision: units × clock × FLOP a cycle.</param>
public sealed record DeviceFacts(
    DeviceSpec Spec, string Model, long MemoryBytes, long FreeBytes, Version? ComputeCapability, int Threads, double Speed)
{
    /// <summary>FLOP/s on paper in 16-bit matrix arithmetic, or <see cref="Speed"/> where there is none.</summary>
    public double SixteenBitSpeed { get; init; } = Speed;

    /// <summary>
    /// Memory it may be given: the bound where one is named, else nine tenths of what is free, for libraries take some of their own.
    /// </summary>
    public long UsableBytes => Spec.MemoryBytes ?? FreeBytes / 10 * 9;

    /// <summary>What <see cref="Threads"/> counts, for people.</summary>
    public string Units { get; init; } = "threads";

    /// <summary>
    /// Memory that the grid may give out there: none is bounded where processes share the host's, unless a bound is named.
    /// </summary>
    public long? Bound => Spec.Backend.SharesHost ? Spec.MemoryBytes : UsableBytes;

    /// <summary>FLOP/s on paper in <paramref name="precision"/>; in int8 what fp32 would need to be as fast.</summary>
    public double SpeedIn(Precision precision) => Spec.Backend.FindArithmetic(precision) switch
    {
        null => Speed,
        { Compute: ActivationType.Float32 } arithmetic => Speed * arithmetic.Gain,
        { } arithmetic => SixteenBitSpeed * arithmetic.Gain,
    };
}

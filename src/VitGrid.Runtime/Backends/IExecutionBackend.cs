using System.Globalization;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends;

/// <summary>
/// Computes segments on one kind of devices: how they are found and described, what each precision means there, and how a segment is
/// loaded. Chosen once, where a device's name is read; from then on a <see cref="DeviceSpec"/> has it. Thread-safe.
/// <c>docs/extending.md</c> adds one step by step.
/// </summary>
public interface IExecutionBackend
{
    /// <summary>The kind of its devices, lower-case letters, as in <c>KIND:0</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Whether its devices are the host's cores and memory: any number of them may be named, they share the cores, have no memory bound
    /// unless one is named, and their threads let the rest of the process go first. Otherwise each is a card with memory of its own.
    /// </summary>
    bool SharesHost { get; }

    /// <summary>The library that computes, for <c>doctor</c>; null where there is none to look for.</summary>
    BackendLibrary? Library { get; }

    /// <summary>Looks for its devices on this machine. May take some hundred milliseconds.</summary>
    DeviceSurvey Survey();

    /// <summary>Chooses what precision <c>auto</c> means over some of its devices, at least one.</summary>
    Precision ChooseAutomatic(IReadOnlyList<DeviceFacts> devices);

    /// <summary>Says what <paramref name="precision"/> is computed in; null where it cannot be.</summary>
    Arithmetic? FindArithmetic(Precision precision);

    /// <summary>
    /// Says why <paramref name="precision"/> is refused, to go on after "Precision is X": <c>, which … have; use …</c> or <c>: …</c>;
    /// null where it is not.
    /// </summary>
    string? Refusal(Precision precision);

    /// <summary>
    /// Whether each segment is held against this machine's processor when it is loaded, even where probes are off, and within a closer
    /// limit: what a library of others computes is not known before.
    /// </summary>
    bool IsProvenAtLoad => false;

    /// <summary>Makes a segment ready to run. Takes from milliseconds to minutes: never called from a grain.</summary>
    /// <param name="checkpoint">The model; it stays open longer than the session.</param>
    /// <param name="settings">Blocks, input size, precision and a device of this backend.</param>
    /// <exception cref="CheckpointException">The weights are refused, or their 8-bit form cannot be kept anywhere.</exception>
    /// <exception cref="NotSupportedException">
    /// The device or the precision is not available here, or the model cannot run in it.
    /// </exception>
    /// <exception cref="DeviceException">The device's driver refuses.</exception>
    ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings);
}

/// <summary>What a precision is computed in on one kind of devices.</summary>
/// <param name="Name">
/// Part of cache keys and of what tells workers apart: two that compute the same within the limits of fp32 may share one, others never do.
/// </param>
/// <param name="Compute">Element type of hidden states, and of the arithmetic.</param>
/// <param name="Limit">What results must keep to beside those of the reference.</param>
public sealed record Arithmetic(string Name, ActivationType Compute, ParityLimit Limit)
{
    /// <summary>
    /// How many times as many images per second it computes as single precision does, where that is not seen in the type. Default: 1.
    /// </summary>
    public double Gain { get; init; } = 1;
}

/// <summary>A native library that a backend computes with.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Remedy">What to do where it does not load.</param>
/// <param name="Describe">Its version and what it brings; throws what the loader says.</param>
public sealed record BackendLibrary(string Name, string Remedy, Func<string> Describe);

/// <summary>What is known of one device.</summary>
/// <param name="Spec">Its name and memory bound.</param>
/// <param name="Model">The card's or processor's name.</param>
/// <param name="MemoryBytes">All its memory, in bytes; 0 of a card that does not tell.</param>
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

    /// <summary>The plug-in that computes there, with its version; null: none.</summary>
    public string? Provider { get; init; }

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

/// <summary>What keeps devices from being used.</summary>
/// <param name="Fact">What was found, or not.</param>
/// <param name="Remedy">What to do.</param>
public sealed record DeviceFault(string Fact, string Remedy)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Fact}; {Remedy}";
}

/// <summary>One device as named on the command line: <c>cpu:0</c>, <c>cuda:1</c>, <c>cpu:0=2GiB</c>.</summary>
/// <param name="Backend">Computes on its kind.</param>
/// <param name="Ordinal">Number among its kind.</param>
/// <param name="MemoryBytes">Memory bound in bytes; null when not given.</param>
public sealed record DeviceSpec(IExecutionBackend Backend, int Ordinal, long? MemoryBytes = null)
{
    /// <summary>The name without the memory bound, e.g. <c>cpu:0</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Backend.Kind}:{Ordinal}");

    /// <inheritdoc/>
    public override string ToString() => MemoryBytes is { } bound ? string.Create(CultureInfo.InvariantCulture, $"{Name}={bound}B") : Name;
}

/// <summary>What a backend found of its devices. A snapshot: free memory is what it was when looked at.</summary>
/// <param name="Devices">
/// Every device that shows itself, usable or not, by ordinal; of a backend that shares the host its one processor.
/// </param>
/// <param name="Fault">Why they cannot be used; null when they can.</param>
public sealed record DeviceSurvey(IReadOnlyList<DeviceFacts> Devices, DeviceFault? Fault);

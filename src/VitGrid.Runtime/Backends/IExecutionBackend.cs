using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Devices;
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

using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Faults;

/// <summary>
/// Another backend whose devices have faults, for tests and load tests: it says of itself what that one says. Never made unless the
/// process's environment allows it.
/// </summary>
public sealed class FaultyBackend : IExecutionBackend
{
    /// <summary>The variable that must be <c>1</c> for faults to be injected.</summary>
    public const string Permission = "VITGRID_INJECT_FAULTS";

    private readonly IExecutionBackend _inner;
    private readonly Dictionary<int, DeviceFaults> _faults = [];
    private readonly IReadOnlyList<FaultSpec> _specs;

    private FaultyBackend(IExecutionBackend inner, IReadOnlyList<FaultSpec> specs) => (_inner, _specs) = (inner, specs);

    /// <summary>Whether the environment allows faults.</summary>
    public static bool IsAllowed => Environment.GetEnvironmentVariable(Permission) == "1";

    /// <inheritdoc/>
    public string Kind => _inner.Kind;

    /// <inheritdoc/>
    public bool SharesHost => _inner.SharesHost;

    /// <inheritdoc/>
    public bool IsProvenAtLoad => _inner.IsProvenAtLoad;

    /// <inheritdoc/>
    public BackendLibrary? Library => _inner.Library;

    /// <summary>The device, with a backend that injects the faults that name it; itself where none does.</summary>
    /// <exception cref="InvalidOperationException">There is one, and the environment does not allow it.</exception>
    public static DeviceSpec Wrap(DeviceSpec device, IReadOnlyList<FaultSpec> faults)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (!faults.Any(fault => fault.Device == device.Name))
            return device;
        return IsAllowed
            ? device with { Backend = new FaultyBackend(device.Backend, faults) }
            : throw new InvalidOperationException($"faults are injected only where {Permission} is 1");
    }

    /// <inheritdoc/>
    public DeviceSurvey Survey() => _inner.Survey();

    /// <inheritdoc/>
    public Precision ChooseAutomatic(IReadOnlyList<DeviceFacts> devices) => _inner.ChooseAutomatic(devices);

    /// <inheritdoc/>
    public Arithmetic? FindArithmetic(Precision precision) => _inner.FindArithmetic(precision);

    /// <inheritdoc/>
    public string? Refusal(Precision precision) => _inner.Refusal(precision);

    /// <inheritdoc/>
    public ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new FaultySession(
            _inner.Load(checkpoint, settings),
            FaultsOf(settings.Device),
            flip => _inner.Load(checkpoint, settings with { Flip = flip, Sharing = null }));
    }

    private DeviceFaults FaultsOf(DeviceSpec device)
    {
        lock (_faults)
        {
            if (!_faults.TryGetValue(device.Ordinal, out DeviceFaults? faults))
                _faults.Add(device.Ordinal, faults = new(device.Name, _specs));
            return faults;
        }
    }
}

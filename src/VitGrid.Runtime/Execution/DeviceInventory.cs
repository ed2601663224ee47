using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;

namespace VitGrid.Runtime.Execution;

/// <summary>The devices of this machine and what keeps any from being used. A snapshot: free memory is what it was when read.</summary>
public sealed class DeviceInventory
{
    private readonly Dictionary<IExecutionBackend, DeviceSurvey> _surveys;

    private DeviceInventory(IEnumerable<IExecutionBackend> backends) =>
        _surveys = backends.Distinct().ToDictionary(backend => backend, backend => backend.Survey());

    /// <summary>What was found of each kind of cards, in the order of the backends.</summary>
    public IEnumerable<KeyValuePair<IExecutionBackend, DeviceSurvey>> Cards => _surveys.Where(survey => !survey.Key.SharesHost);

    /// <summary>The devices used when none is named: every card of the first kind that can be used, else the processor.</summary>
    public IReadOnlyList<DeviceSpec> Default =>
        Cards.Select(cards => cards.Value).FirstOrDefault(cards => cards is { Fault: null, Devices.Count: > 0 }) is { } usable
            ? [.. usable.Devices.Select(device => device.Spec)]
            : [ExecutionBackends.Processor];

    /// <summary>Asks the machine for devices of every kind. With a GPU this takes some hundred milliseconds.</summary>
    public static DeviceInventory Read() => Read(ExecutionBackends.All);

    /// <summary>Asks the machine for devices of the kinds of <paramref name="devices"/>.</summary>
    public static DeviceInventory Read(IEnumerable<DeviceSpec> devices) => Read(devices.Select(device => device.Backend));

    /// <summary>Asks <paramref name="backends"/>.</summary>
    public static DeviceInventory Read(IEnumerable<IExecutionBackend> backends) => new(backends);

    /// <summary>What is wrong with these devices, a sentence each.</summary>
    public IEnumerable<string> Faults(IEnumerable<DeviceSpec> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        return devices.Select(Fault).OfType<string>();
    }

    /// <summary>What is wrong with a device, a sentence: not there, or not usable, with the remedy; null: nothing.</summary>
    public string? Fault(DeviceSpec device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Fault(device, SurveyOf(device.Backend));
    }

    /// <summary>
    /// The facts of a device that <see cref="Fault(DeviceSpec)"/> finds nothing wrong with, under the memory bound that it is named with.
    /// </summary>
    public DeviceFacts Describe(DeviceSpec device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return SurveyOf(device.Backend).Devices[device.Backend.SharesHost ? 0 : device.Ordinal] with { Spec = device };
    }

    /// <summary>The precision that <c>auto</c> means over these devices: what their kind says; fp32 over several kinds.</summary>
    public Precision ChooseAutomatic(IReadOnlyCollection<DeviceSpec> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        return devices.Select(device => device.Backend).Distinct().ToArray() is [var backend]
            ? backend.ChooseAutomatic([.. devices.Select(Describe)])
            : Precision.Fp32;
    }

    private DeviceSurvey SurveyOf(IExecutionBackend backend) => _surveys.GetValueOrDefault(backend) ?? backend.Survey();

    private static string? Fault(DeviceSpec device, DeviceSurvey survey)
    {
        if (survey.Fault is { } fault)
            return $"device {device.Name} cannot be used: {fault}";
        // Any number of devices may share the host.
        if (device.Backend.SharesHost)
            return null;
        if (device.Ordinal >= survey.Devices.Count)
        {
            string present = string.Join(", ", survey.Devices.Select(card => card.Spec.Name));
            return $"device {device.Name} is not there; the driver shows {present}";
        }
        long memory = survey.Devices[device.Ordinal].MemoryBytes;
        if (memory == 0)
            return device.MemoryBytes is null
                ? $"device {device.Name} does not tell how much memory it has; name it, as in {device.Name}=16GiB" : null;
        return device.MemoryBytes > memory
            ? $"device {device.Name} has {memory} bytes of memory; {device.MemoryBytes} were named"
            : null;
    }
}

using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Server.Verbs;

/// <summary>What <c>--devices</c> and <c>--precision</c> mean on this machine.</summary>
internal static class ChosenDevices
{
    /// <summary>
    /// The named devices, or those that are used when none is; and the named precision, or the automatic one. A CUDA device without a
    /// memory bound is given one: what is free on it.
    /// </summary>
    /// <exception cref="VerbException">A named device cannot be used; the message says what is missing and the remedy.</exception>
    public static (IReadOnlyList<DeviceSpec> Devices, Precision Precision) Resolve(IReadOnlyList<DeviceSpec>? named, Precision? precision)
    {
        // CPU devices are on every machine; there is no need to ask a GPU's driver.
        if (named is not null && named.All(device => device.Kind == DeviceKind.Cpu))
            return (named, precision ?? Precision.Fp32);
        DeviceInventory inventory = DeviceInventory.Read();
        IReadOnlyList<DeviceSpec> devices = named ?? inventory.Default;
        string[] faults = [.. inventory.Faults(devices)];
        return faults.Length == 0
            ? ([.. devices.Select(device => Bounded(inventory.Describe(device)))], precision ?? inventory.Automatic(devices))
            : throw new VerbException($"--devices: {string.Join("; ", faults)}");
    }

    private static DeviceSpec Bounded(DeviceFacts device) =>
        device.Spec.Kind == DeviceKind.Cuda ? device.Spec with { MemoryBytes = device.UsableBytes } : device.Spec;
}

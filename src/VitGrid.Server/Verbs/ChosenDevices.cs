using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;

namespace VitGrid.Server.Verbs;

/// <summary>What <c>--devices</c> and <c>--precision</c> mean on this machine.</summary>
internal static class ChosenDevices
{
    /// <summary>
    /// The named devices, or those that are used when none is; and the named precision, or the automatic one. A card without a memory
    /// bound is given one: what is free on it.
    /// </summary>
    /// <exception cref="VerbException">A named device cannot be used; the message says what is missing and the remedy.</exception>
    public static (IReadOnlyList<DeviceSpec> Devices, Precision Precision) Resolve(IReadOnlyList<DeviceSpec>? named, Precision? precision)
    {
        DeviceInventory inventory = named is null ? DeviceInventory.Read() : DeviceInventory.Read(named);
        IReadOnlyList<DeviceSpec> devices = named ?? inventory.Default;
        string[] faults = [.. inventory.Faults(devices)];
        return faults.Length == 0
            ? ([.. devices.Select(device => device with { MemoryBytes = inventory.Describe(device).Bound })],
                precision ?? inventory.ChooseAutomatic(devices))
            : throw new VerbException($"--devices: {string.Join("; ", faults)}");
    }
}

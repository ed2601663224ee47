using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Verbs;

/// <summary>What <c>--devices</c> and <c>--precision</c> mean on this machine.</summary>
/// <param name="Devices">The devices to compute on.</param>
/// <param name="Precision">What to compute in.</param>
/// <param name="Missing">Devices that were there before and are not now.</param>
internal sealed record ChosenDevices(
    IReadOnlyList<DeviceSpec> Devices, Precision Precision, IReadOnlyList<MissingDevice> Missing)
{
    /// <summary>Reads what <c>--devices</c> names.</summary>
    /// <param name="named">A list; null: none.</param>
    /// <param name="runtime">The kinds of devices.</param>
    /// <returns>Null where none is named.</returns>
    /// <exception cref="UsageException">It is no list of devices of these kinds.</exception>
    public static IReadOnlyList<DeviceSpec>? Read(string? named, RuntimeOptions runtime)
    {
        try
        {
            return named is null ? null : DeviceList.Parse(named, runtime.Backends);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"--devices: {exception.Message}");
        }
    }

    /// <summary>
    /// The named devices, or those that are used when none is; and the named precision, or the automatic one. A card without a memory
    /// bound is given one: what is free on it.
    /// </summary>
    /// <param name="named">What is named; null: nothing is.</param>
    /// <param name="precision">The precision that is named; null: none is.</param>
    /// <param name="known">
    /// What was there before: of those that are missing the others are used, and all that are there are noted. Null: whatever is missing
    /// is refused.
    /// </param>
    /// <exception cref="VerbException">
    /// A named device cannot be used and was never there, or none can; the message says what is missing and the remedy.
    /// </exception>
    public static ChosenDevices Resolve(IReadOnlyList<DeviceSpec>? named, Precision? precision, KnownDevices? known = null) =>
        Resolve(named, precision, known, named is null ? DeviceInventory.Read() : DeviceInventory.Read(named));

    /// <summary>The same with what is there.</summary>
    internal static ChosenDevices Resolve(
        IReadOnlyList<DeviceSpec>? named, Precision? precision, KnownDevices? known, DeviceInventory inventory)
    {
        DeviceSpec[] devices = [.. (named ?? inventory.Default).Where(device => inventory.Fault(device) is null)];
        DeviceSpec[] unusable = [.. (named ?? []).Except(devices)];
        if (devices.Length == 0 || Array.Exists(unusable, device => known?.Has(device.Name) != true))
            throw new VerbException($"--devices: {string.Join("; ", unusable.Select(inventory.Fault))}");
        MissingDevice[] missing = known is null ? []
            : named is null
                ? [.. known.Names.Except(devices.Select(device => device.Name)).Select(name => Lost(name, null, known))]
                : [.. unusable.Select(device => Lost(device.Name, inventory.Fault(device), known))];
        known?.Note(devices);
        return new(
            [.. devices.Select(device => device with { MemoryBytes = inventory.Describe(device).Bound })],
            precision ?? inventory.ChooseAutomatic(devices),
            missing);
    }

    private static MissingDevice Lost(string name, string? fault, KnownDevices known) => new(
        name,
        $"it was there at an earlier start and is missing at this one{(fault is null ? "" : $" ({fault})")}; look at the machine, or where "
            + $"it is to stay away take it out of the devices that are named and out of {known.File}");
}

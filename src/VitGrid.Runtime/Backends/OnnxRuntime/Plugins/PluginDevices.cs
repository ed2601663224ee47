using Microsoft.ML.OnnxRuntime;

namespace VitGrid.Runtime.Backends.OnnxRuntime.Plugins;

/// <summary>Reads what a plug-in says of its devices.</summary>
internal static class PluginDevices
{
    /// <summary>Names of facts that plug-ins state; ONNX Runtime prescribes the version's, OpenVINO has the other.</summary>
    private const string Version = "version", FullName = "FULL_DEVICE_NAME";

    /// <summary>Whether a device is of a kind of hardware.</summary>
    public static bool Is(OrtEpDevice device, PluginHardware hardware) => device.HardwareDevice.Type == (hardware switch
    {
        PluginHardware.Gpu => OrtHardwareDeviceType.GPU,
        PluginHardware.Npu => OrtHardwareDeviceType.NPU,
        _ => OrtHardwareDeviceType.CPU,
    });

    /// <summary>
    /// The facts of a device. Of a card ONNX Runtime tells neither memory nor speed: it counts as fast as the host's processor until it was
    /// measured.
    /// </summary>
    public static DeviceFacts Read(OrtEpDevice device, DeviceSpec spec)
    {
        Dictionary<string, string> told = new(device.EpMetadata.Entries);
        DeviceFacts host = CpuDevice.Read(spec);
        string provider = $"{device.EpName} {told.GetValueOrDefault(Version, "of no stated version")}";
        if (spec.Backend.SharesHost)
            return host with { Provider = provider };
        string model = told.GetValueOrDefault(FullName) ?? $"{device.HardwareDevice.Vendor} {device.HardwareDevice.Type}";
        return host with { Model = model, MemoryBytes = 0, FreeBytes = 0, Threads = 0, Provider = provider };
    }

    /// <summary>Why a plug-in has no device to use.</summary>
    public static DeviceFault Absent(PluginProvider provider, IReadOnlyList<OrtEpDevice> devices)
    {
        string brings = devices.Count == 0 ? "no device on this machine" : $"{string.Join(" and ", devices.Select(
            device => $"{device.HardwareDevice.Type} devices of {device.HardwareDevice.Vendor}").Distinct())} alone";
        string wanted = provider.Hardware.ToString().ToUpperInvariant();
        return new(
            $"{provider.Library} brings {brings}, and {wanted} devices are asked for",
            $"install the driver of the device, or set Hardware of the provider {provider.Name} to what it brings");
    }
}

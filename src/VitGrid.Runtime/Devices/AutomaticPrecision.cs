using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Devices;

/// <summary>The precision that <c>auto</c> means. One model runs in one precision, wherever its segments lie. Pure.</summary>
public static class AutomaticPrecision
{
    private static readonly Version FirstWithBFloat16 = new(8, 0);

    /// <summary>
    /// bf16 when every device is a CUDA device from compute capability 8.0 on, fp16 when all are CUDA devices, else fp32.
    /// </summary>
    public static Precision Of(IEnumerable<DeviceFacts> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        Version?[] capabilities = [.. devices.Select(device => device.ComputeCapability)];
        if (capabilities.Length == 0 || capabilities.Contains(null))
            return Precision.Fp32;
        return capabilities.All(capability => capability >= FirstWithBFloat16) ? Precision.Bf16 : Precision.Fp16;
    }
}

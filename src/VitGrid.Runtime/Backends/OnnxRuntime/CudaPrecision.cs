using VitGrid.Model.Segments;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// Chooses the precision that <c>auto</c> means on CUDA devices. One model runs in one precision, wherever its segments lie. Pure.
/// </summary>
internal static class CudaPrecision
{
    private static readonly Version FirstWithBFloat16 = new(8, 0);

    /// <summary>bf16 when every device has compute capability 8.0 or above, else fp16.</summary>
    public static Precision ChooseAutomatic(IEnumerable<DeviceFacts> devices) =>
        devices.All(device => device.ComputeCapability >= FirstWithBFloat16) ? Precision.Bf16 : Precision.Fp16;
}

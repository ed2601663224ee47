using VitGrid.Model.EightBits;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Engine.Models;

/// <summary>
/// Names what a vector was computed in, for cache keys and for telling workers apart: a precision may mean different arithmetic on
/// different kinds of devices.
/// </summary>
public static class ArithmeticName
{
    /// <summary>Names the arithmetic of a precision on a kind of device.</summary>
    public static string Of(Precision precision, DeviceKind device) => (precision, device) switch
    {
        (Precision.Fp32, _) => "fp32",
        // On a CPU only the weights are 16 bits wide; they are widened at each use.
        (Precision.Bf16, DeviceKind.Cpu) => "bf16-weights",
        (Precision.Bf16, _) => "bf16",
        (Precision.Fp16, _) => "fp16",
        // The range of the weights depends on the processor.
        (Precision.Int8, _) => $"int8-{EightBitKernel.Form.Name()}",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "it has no name"),
    };
}

using System.Globalization;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Parity;

/// <summary>
/// What a computed tensor must keep to: an error, where arithmetic is in single precision, or a direction, where it is in 16 or 8 bits.
/// </summary>
/// <param name="MaxScaledError">Largest |computed − expected| / max(1, |expected|).</param>
/// <param name="MinCosine">Smallest cosine.</param>
public sealed record ParityLimit(double? MaxScaledError, double? MinCosine = null)
{
    /// <summary>
    /// The limit of a precision on a kind of device; null where none is defined. bf16 on a CPU is exact arithmetic on the stored weights.
    /// </summary>
    public static ParityLimit? Of(Precision precision, DeviceKind device) => (precision, device) switch
    {
        (Precision.Fp32, _) or (Precision.Bf16, DeviceKind.Cpu) => new(2e-5),
        (Precision.Bf16, _) => new(null, 0.9995),
        (Precision.Fp16, _) => new(null, 0.9999),
        (Precision.Int8, DeviceKind.Cpu) => new(null, 0.9995),
        _ => null,
    };

    /// <summary>Whether <paramref name="tensor"/> keeps to it; one with a NaN does not.</summary>
    public bool Passes(TensorParity tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return (MaxScaledError is not { } error || tensor.MaxScaledError <= error)
            && (MinCosine is not { } cosine || tensor.Cosine >= cosine);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(" and ", new[]
    {
        MaxScaledError is { } error ? string.Create(CultureInfo.InvariantCulture, $"the tolerance of {error:0.##e-0}") : null,
        MinCosine is { } cosine ? string.Create(CultureInfo.InvariantCulture, $"the least cosine of {cosine}") : null,
    }.OfType<string>());
}

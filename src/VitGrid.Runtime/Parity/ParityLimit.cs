using System.Globalization;

namespace VitGrid.Runtime.Parity;

/// <summary>
/// What a computed tensor must keep to: an error, where arithmetic is in single precision, or a direction, where it is in 16 or 8 bits.
/// </summary>
/// <param name="MaxScaledError">Largest |computed − expected| / max(1, |expected|).</param>
/// <param name="MinCosine">Smallest cosine.</param>
public sealed record ParityLimit(double? MaxScaledError, double? MinCosine = null)
{
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

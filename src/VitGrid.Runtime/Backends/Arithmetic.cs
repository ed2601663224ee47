using VitGrid.Model.Segments;
using VitGrid.Runtime.Parity;

namespace VitGrid.Runtime.Backends;

/// <summary>What a precision is computed in on one kind of devices.</summary>
/// <param name="Name">
/// Part of cache keys and of what tells workers apart: two that compute the same within the limits of fp32 may share one, others never do.
/// </param>
/// <param name="Compute">Element type of hidden states, and of the arithmetic.</param>
/// <param name="Limit">What results must keep to beside those of the reference.</param>
public sealed record Arithmetic(string Name, ActivationType Compute, ParityLimit Limit)
{
    /// <summary>
    /// How many times as many images per second it computes as single precision does, where that is not seen in the type. Default: 1.
    /// </summary>
    public double Gain { get; init; } = 1;
}

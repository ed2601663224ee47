using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;

namespace VitGrid.Model.Vit;

/// <summary>The linear layers of a block, in one kind of arithmetic.</summary>
internal interface ILinears
{
    /// <summary>Makes rows ready for every linear layer that shares them: [N, in].</summary>
    Operand Prepare(string path, Value x);

    /// <summary>
    /// The same for rows of which few numbers are many times as large as the others, such as what a gate lets through.
    /// </summary>
    Operand PrepareWide(string path, Value x);

    /// <summary>y = x Wᵀ + b: [N, in] → [N, out].</summary>
    Value Linear(string path, Operand x, LinearWeights weights);

    /// <summary>The exact (erf) GELU of a linear layer, ready for the next one: [N, in] → [N, out].</summary>
    Operand LinearGelu(string path, string geluPath, Operand x, LinearWeights weights);
}

/// <summary>Rows ready for linear layers.</summary>
/// <param name="Rows">[N, in], as they are or in 8 bits; twofold: [2 N, in].</param>
/// <param name="Scale">In 8 bits: [N, 1] or [2 N, 1], what one step of each row stands for.</param>
/// <param name="ZeroPoint">In 8 bits: the byte that stands for zero.</param>
/// <param name="IsTwofold">Whether rows N to 2 N hold what 8 bits left of rows 0 to N: both together are the operand.</param>
internal readonly record struct Operand(Value Rows, Value Scale = default, Value ZeroPoint = default, bool IsTwofold = false);

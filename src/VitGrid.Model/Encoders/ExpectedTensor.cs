using System.Collections.Immutable;

namespace VitGrid.Model.Encoders;

/// <summary>What a stored tensor is to the encoder.</summary>
internal enum WeightKind
{
    /// <summary>Class token or position embedding.</summary>
    Token,

    /// <summary>Weight of a linear layer or of the patch embedding.</summary>
    Matrix,

    /// <summary>Bias of a linear layer or a norm.</summary>
    Bias,

    /// <summary>Weight of a norm.</summary>
    NormWeight,

    /// <summary>Factor on a branch's output.</summary>
    LayerScale,
}

/// <summary>A tensor that an encoder of a given layout consists of.</summary>
internal sealed record ExpectedTensor(string Name, WeightKind Kind, ImmutableArray<long> Shape)
{
    public long Elements => Shape.Aggregate(1L, (product, side) => product * side);
}

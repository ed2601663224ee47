using VitGrid.Model.Tensors;

namespace VitGrid.Model.Segments;

/// <summary>Element type of the hidden state between two segments.</summary>
public enum ActivationType
{
    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>bfloat16.</summary>
    BFloat16,

    /// <summary>Half precision.</summary>
    Float16,
}

/// <summary>Sizes of <see cref="ActivationType"/>.</summary>
public static class ActivationTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this ActivationType type) => type == ActivationType.Float32 ? 4 : 2;

    /// <summary>The type of a stored tensor with such elements.</summary>
    public static TensorType AsStored(this ActivationType type) => type switch
    {
        ActivationType.BFloat16 => TensorType.BF16,
        ActivationType.Float16 => TensorType.F16,
        _ => TensorType.F32,
    };
}

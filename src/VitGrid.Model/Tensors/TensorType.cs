namespace VitGrid.Model.Tensors;

/// <summary>
/// Element types of the safetensors format. An encoder reads <see cref="F32"/>, <see cref="F16"/> and <see cref="BF16"/>;
/// the others may stand in the language-model part of a chat checkpoint and are known so that they can be passed over.
/// </summary>
public enum TensorType
{
    /// <summary>One byte, zero or one.</summary>
    Bool,

    /// <summary>Unsigned byte.</summary>
    U8,

    /// <summary>Signed byte.</summary>
    I8,

    /// <summary>8-bit float, 5 exponent bits.</summary>
    F8E5M2,

    /// <summary>8-bit float, 4 exponent bits.</summary>
    F8E4M3,

    /// <summary>16-bit signed integer.</summary>
    I16,

    /// <summary>16-bit unsigned integer.</summary>
    U16,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a single.</summary>
    BF16,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>32-bit unsigned integer.</summary>
    U32,

    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE double precision.</summary>
    F64,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>64-bit unsigned integer.</summary>
    U64,

    /// <summary>A type that is not known here; <see cref="TensorEntry.TypeCode"/> is the file's name for it. Passed over.</summary>
    Unknown,
}

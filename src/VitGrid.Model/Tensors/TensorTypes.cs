namespace VitGrid.Model.Tensors;

/// <summary>Sizes and codes of <see cref="TensorType"/>, as the safetensors format defines them.</summary>
public static class TensorTypes
{
    private static readonly (TensorType Type, string Code, int Size)[] All =
    [
        (TensorType.Bool, "BOOL", 1),
        (TensorType.U8, "U8", 1),
        (TensorType.I8, "I8", 1),
        (TensorType.F8E5M2, "F8_E5M2", 1),
        (TensorType.F8E4M3, "F8_E4M3", 1),
        (TensorType.I16, "I16", 2),
        (TensorType.U16, "U16", 2),
        (TensorType.F16, "F16", 2),
        (TensorType.BF16, "BF16", 2),
        (TensorType.I32, "I32", 4),
        (TensorType.U32, "U32", 4),
        (TensorType.F32, "F32", 4),
        (TensorType.F64, "F64", 8),
        (TensorType.I64, "I64", 8),
        (TensorType.U64, "U64", 8),
    ];

    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    public static int ElementSize(this TensorType type) => Row(type).Size;

    /// <summary>The code a safetensors header uses, such as <c>BF16</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    public static string Code(this TensorType type) => Row(type).Code;

    internal static TensorType Parse(string code)
    {
        int index = Array.FindIndex(All, row => row.Code == code);
        return index < 0 ? TensorType.Unknown : All[index].Type;
    }

    private static (TensorType Type, string Code, int Size) Row(TensorType type) => type < TensorType.Unknown
        ? All[(int)type]
        : throw new ArgumentOutOfRangeException(nameof(type), type, "an unknown type has neither size nor code");
}

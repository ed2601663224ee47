using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Graph;

/// <summary>The numbers that ONNX gives to element types (<c>TensorProto.DataType</c>).</summary>
internal enum ElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Float16 = 10,
    BFloat16 = 16,
}

internal static class ElementTypes
{
    public static ElementType From(ActivationType type) => type switch
    {
        ActivationType.BFloat16 => ElementType.BFloat16,
        ActivationType.Float16 => ElementType.Float16,
        _ => ElementType.Float,
    };

    public static ElementType From(TensorEntry tensor) => tensor.Type switch
    {
        TensorType.F32 => ElementType.Float,
        TensorType.F16 => ElementType.Float16,
        TensorType.BF16 => ElementType.BFloat16,
        _ => throw new CheckpointException(
            $"{tensor.File}: tensor '{tensor.Name}' has element type {tensor.Type}; an encoder's weights must be F32, F16 or BF16"),
    };
}

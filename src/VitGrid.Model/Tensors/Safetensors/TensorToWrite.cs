using System.Collections.Immutable;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>A tensor for <see cref="SafetensorsWriter"/>.</summary>
/// <param name="Name">Name in the header; unique in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="WriteData">Writes exactly <see cref="Length"/> bytes: the elements row-major, little-endian.</param>
public sealed record TensorToWrite(string Name, TensorType Type, ImmutableArray<long> Shape, Action<Stream> WriteData)
{
    /// <summary>Bytes: the product of <see cref="Shape"/> times the element size.</summary>
    /// <exception cref="OverflowException">The product exceeds a 64-bit integer.</exception>
    public long Length => Shape.Aggregate((long)Type.ElementSize(), (product, dimension) => checked(product * dimension));
}

using System.Collections.Immutable;

namespace VitGrid.Model.Tensors;

/// <summary>Where one stored tensor lies: a byte range of one file, with its element type and shape.</summary>
/// <param name="Name">The name in the file's header.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first (row-major); empty for a scalar.</param>
/// <param name="File">Full path of the file, all symbolic links resolved.</param>
/// <param name="Offset">Bytes from the start of the file to the first element.</param>
/// <param name="Length">Bytes; the product of <paramref name="Shape"/> times the element size, unless the type is unknown.</param>
public sealed record TensorEntry(string Name, TensorType Type, ImmutableArray<long> Shape, string File, long Offset, long Length)
{
    /// <summary>What the file calls the element type, such as <c>BF16</c>, whether it is known or not.</summary>
    public string TypeCode { get; init; } = Type == TensorType.Unknown ? "" : Type.Code();
}

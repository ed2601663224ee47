namespace VitGrid.Model.Segments;

/// <summary>Shape of a hidden state: [B, T, D], row-major.</summary>
/// <param name="BatchSize">B, images.</param>
/// <param name="Tokens">T, patches and the class token.</param>
/// <param name="Width">D.</param>
/// <param name="ElementType">Of every element.</param>
public readonly record struct ActivationShape(int BatchSize, int Tokens, int Width, ActivationType ElementType)
{
    /// <summary>Bytes of one image's hidden state.</summary>
    public long BytesPerImage => (long)Tokens * Width * ElementType.Bytes();

    /// <summary>Bytes of the whole.</summary>
    public long Bytes => BatchSize * BytesPerImage;

    /// <inheritdoc/>
    public override string ToString() => $"{ElementType} [{BatchSize}, {Tokens}, {Width}]";
}

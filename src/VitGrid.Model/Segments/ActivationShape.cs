namespace VitGrid.Model.Segments;

/// <summary>Shape of a hidden state: [B, T, D], row-major.</summary>
/// <param name="BatchSize">B, pictures.</param>
/// <param name="Tokens">T, patches and the class token.</param>
/// <param name="Width">D.</param>
/// <param name="ElementType">Of every element.</param>
public readonly record struct ActivationShape(int BatchSize, int Tokens, int Width, ActivationType ElementType)
{
    /// <summary>Bytes of one picture's hidden state.</summary>
    public long BytesPerPicture => (long)Tokens * Width * ElementType.Bytes();

    /// <summary>Bytes of the whole.</summary>
    public long Bytes => BatchSize * BytesPerPicture;

    /// <inheritdoc/>
    public override string ToString() => $"{ElementType} [{BatchSize}, {Tokens}, {Width}]";
}

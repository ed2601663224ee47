using VitGrid.Model.Encoders;

namespace VitGrid.Model.Segments;

/// <summary>Height and width of an encoder's input image, in pixels.</summary>
public readonly record struct InputSize(int Height, int Width)
{
    /// <summary>A square input.</summary>
    public static InputSize Square(int side) => new(side, side);

    /// <summary>Bytes of one RGB image of this size.</summary>
    public int PixelBytes => checked(Height * Width * 3);

    /// <summary>Tokens of one image: whole patches, the class token and registers.</summary>
    public int Tokens(EncoderArchitecture architecture) => Patches(architecture.PatchSize) + architecture.PrefixTokens;

    private int Patches(int side) => Height / side * (Width / side);

    /// <inheritdoc/>
    public override string ToString() => $"{Height}x{Width}";
}

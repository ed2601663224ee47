namespace VitGrid.Runtime.Images.Tiff;

/// <summary>How samples become red, green and blue.</summary>
internal enum TiffColour
{
    /// <summary>The first sample is grey, black at 0.</summary>
    Grey,

    /// <summary>The first sample is grey, white at 0.</summary>
    InvertedGrey,

    /// <summary>The first sample is the index of a colour.</summary>
    Palette,

    /// <summary>The first three samples are the colours.</summary>
    Rgb,

    /// <summary>The first three samples are colours that were multiplied by the fourth, which is divided out.</summary>
    Premultiplied,

    /// <summary>The first four samples are inks.</summary>
    Cmyk,

    /// <summary>Three samples are luma and two colour differences, one each a pixel.</summary>
    Ycc,

    /// <summary>
    /// As <see cref="Ycc"/> with fewer colour differences than pixels, or inside JPEG: libtiff gives red, green and blue.
    /// </summary>
    DecodedYcc,
}

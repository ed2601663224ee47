namespace VitGrid.Runtime.Images.Tiff;

/// <summary>The tags of a directory that are looked at (TIFF 6.0 and its supplements).</summary>
internal enum TiffTag
{
    Width = 256,
    Height = 257,
    BitsPerSample = 258,
    Compression = 259,
    Photometric = 262,
    FillOrder = 266,
    StripOffsets = 273,
    Orientation = 274,
    SamplesPerPixel = 277,
    RowsPerStrip = 278,
    StripByteCounts = 279,
    Planes = 284,
    Group3Options = 292,
    Group4Options = 293,
    Predictor = 317,
    ColourMap = 320,
    TileWidth = 322,
    TileHeight = 323,
    TileOffsets = 324,
    TileByteCounts = 325,
    ExtraSamples = 338,
    SampleFormat = 339,
    JpegTables = 347,
    LumaCoefficients = 529,
    Subsampling = 530,
    ReferenceBlackWhite = 532,
    Xmp = 700,
    WindowsMediaPhoto = 0xbc01,
}

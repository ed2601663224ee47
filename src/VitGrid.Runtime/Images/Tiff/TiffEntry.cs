namespace VitGrid.Runtime.Images.Tiff;

/// <summary>One entry of a directory.</summary>
/// <param name="Type">TIFF's number of the values' type.</param>
/// <param name="Count">How many values.</param>
/// <param name="Position">Where the first lies in the file; all of them lie within it.</param>
internal readonly record struct TiffEntry(int Type, int Count, int Position)
{
    /// <summary>Bytes of one value of a type; 0 for a type that is passed over.</summary>
    public static int BytesOf(int type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 => 8,
        _ => 0,
    };
}

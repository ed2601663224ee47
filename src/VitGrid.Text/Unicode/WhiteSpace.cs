namespace VitGrid.Text.Unicode;

/// <summary>What counts as white space, which .NET, Python and the Rust library do not agree on.</summary>
internal static class WhiteSpace
{
    /// <summary>Unicode's property White_Space. All of it lies in the basic plane.</summary>
    public static bool Is(char character) => character switch
    {
        ' ' or (>= '\t' and <= '\r') => true,
        < '\u0085' => false,
        '\u0085' or '\u00A0' or '\u1680' or (>= '\u2000' and <= '\u200A') or '\u2028' or '\u2029' or '\u202F' or '\u205F' or '\u3000' =>
            true,
        _ => false,
    };

    /// <summary>Python's <c>str.isspace</c>, which has the four separators U+001C–U+001F beside it.</summary>
    public static bool IsInPython(char character) => character is >= '\u001C' and <= '\u001F' || Is(character);
}

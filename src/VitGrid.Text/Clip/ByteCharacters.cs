namespace VitGrid.Text.Clip;

/// <summary>
/// The characters that stand for bytes in a byte-level vocabulary: 33–126, 161–172 and 174–255 for themselves, the others in order as
/// U+0100 and behind (GPT-2's <c>bytes_to_unicode</c>).
/// </summary>
internal static class ByteCharacters
{
    /// <summary>The character of each byte.</summary>
    public static char[] Create()
    {
        char[] characters = new char[256];
        int others = 0;
        for (int value = 0; value < characters.Length; value++)
            characters[value] = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)value : (char)(256 + others++);
        return characters;
    }
}

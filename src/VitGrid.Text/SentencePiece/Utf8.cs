namespace VitGrid.Text.SentencePiece;

/// <summary>Steps through valid UTF-8.</summary>
internal static class Utf8
{
    /// <summary>Bytes of the code point at the beginning.</summary>
    public static int SizeAt(ReadOnlySpan<byte> text) => Math.Min(text.Length, text[0] switch
    {
        < 0xC0 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    });
}

namespace VitGrid.Model.Configs;

/// <summary>
/// Turns what Python's <c>json</c> writes, and editors add, into JSON: a byte order mark in front goes, and the literals <c>NaN</c>,
/// <c>Infinity</c> and <c>-Infinity</c> become strings of the same name, which no reader of numbers accepts.
/// </summary>
internal static class PythonJson
{
    private static readonly byte[][] Literals = ["-Infinity"u8.ToArray(), "Infinity"u8.ToArray(), "NaN"u8.ToArray()];

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static byte[] ToJson(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith(ByteOrderMark))
            text = text[ByteOrderMark.Length..];
        List<byte> json = new(text.Length + 16);
        while (!text.IsEmpty)
        {
            ReadOnlySpan<byte> literal = LiteralAt(text);
            int length = literal.IsEmpty ? UnitLength(text) : literal.Length;
            if (literal.IsEmpty)
                json.AddRange(text[..length]);
            else
                json.AddRange([(byte)'"', .. literal, (byte)'"']);
            text = text[length..];
        }
        return [.. json];
    }

    private static ReadOnlySpan<byte> LiteralAt(ReadOnlySpan<byte> text)
    {
        foreach (byte[] literal in Literals)
        {
            if (text.StartsWith(literal))
                return literal;
        }
        return [];
    }

    /// <summary>A whole string with its quotes, or the run up to whatever may begin a string or a literal.</summary>
    private static int UnitLength(ReadOnlySpan<byte> text)
    {
        if (text[0] == '"')
            return StringLength(text);
        int next = text[1..].IndexOfAny("\"-IN"u8);
        return next < 0 ? text.Length : next + 1;
    }

    private static int StringLength(ReadOnlySpan<byte> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
                return i + 1;
            if (text[i] == '\\')
                i++;
        }
        return text.Length;
    }
}

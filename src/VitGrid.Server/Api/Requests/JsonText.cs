using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VitGrid.Server.Api.Requests;

/// <summary>Reads the strings of a JSON document in the body that they stand in, so that an image can take its text's place.</summary>
internal static class JsonText
{
    /// <summary>What a string says, where it stands; and its place, quotes included.</summary>
    /// <param name="text">A string of a document that was made of <paramref name="body"/>.</param>
    /// <param name="body">The body; written to where the string has escapes.</param>
    public static (Memory<byte> Plain, (int At, int Length) Place) Within(JsonElement text, Memory<byte> body)
    {
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(text);
        _ = body.Span.Overlaps(raw, out int at);
        Memory<byte> inside = body.Slice(at + 1, raw.Length - 2);
        return (raw.IndexOf((byte)'\\') < 0 ? inside : Unescaped(raw, inside), (at, raw.Length));
    }

    /// <summary>Some encoders write '/' as '\/', others '+' as '\u002B'. What is meant is shorter, so it has room where it stood.</summary>
    private static Memory<byte> Unescaped(ReadOnlySpan<byte> raw, Memory<byte> inside)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            int length = Unescape(raw, scratch);
            scratch.AsSpan(0, length).CopyTo(inside.Span);
            return inside[..length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>What a string says: its length in <paramref name="target"/>, which has room for the string as it is written.</summary>
    /// <exception cref="InvalidOperationException">It holds half of a surrogate pair, or is not UTF-8.</exception>
    public static int Unescape(ReadOnlySpan<byte> raw, byte[] target)
    {
        Utf8JsonReader reader = new(raw);
        reader.Read();
        return reader.CopyString(target);
    }
}

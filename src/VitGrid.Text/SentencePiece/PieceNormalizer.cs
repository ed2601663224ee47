using System.Buffers;

namespace VitGrid.Text.SentencePiece;

/// <summary>SentencePiece's normalizer: changes characters by the longest match, collapses blanks and writes them as ▁.</summary>
/// <param name="charsmap">The changes.</param>
/// <param name="userDefined">Pieces that are left as they are.</param>
/// <param name="model">Whose normalizer it is.</param>
internal sealed class PieceNormalizer(Charsmap charsmap, ByteTrie userDefined, SentencePieceModel model)
{
    /// <summary>Normalizes UTF-8.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addsPrefix">Whether a model that puts a blank in front does so here.</param>
    public byte[] Normalize(ReadOnlySpan<byte> text, bool addsPrefix)
    {
        ReadOnlySpan<byte> blank = "▁"u8;
        int size;
        while (model.RemovesExtraBlanks && text.Length > 0 && Prefix(text, out size).SequenceEqual(" "u8))
            text = text[size..];
        ArrayBufferWriter<byte> result = new(Math.Max(1, text.Length + blank.Length));
        if (text.Length > 0 && addsPrefix && model.AddsPrefix)
            result.Write(blank);
        bool isBlank = model.RemovesExtraBlanks;
        for (; text.Length > 0; text = text[size..])
        {
            ReadOnlySpan<byte> changed = Prefix(text, out size);
            if (isBlank)
                changed = changed.TrimStart((byte)' ');
            foreach (byte value in changed)
            {
                if (value == ' ')
                    result.Write(blank);
                else
                    result.Write([value]);
            }
            if (changed.Length > 0)
                isBlank = model.RemovesExtraBlanks && changed[^1] == ' ';
        }
        ReadOnlySpan<byte> written = result.WrittenSpan;
        while (model.RemovesExtraBlanks && written.EndsWith(blank))
            written = written[..^blank.Length];
        return written.ToArray();
    }

    private ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> text, out int size)
    {
        if ((size = userDefined.LongestPrefix(text, out _)) > 0)
            return text[..size];
        ReadOnlySpan<byte> changed = charsmap.Longest(text, out size);
        if (size > 0)
            return changed;
        size = Utf8.SizeAt(text);
        return text[..size];
    }
}

using System.Buffers;
using System.Text;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.SentencePiece;

/// <summary>What SigLIP's class does to a text before SentencePiece sees it.</summary>
internal static class SiglipText
{
    private static readonly SearchValues<char> Punctuation = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

    /// <summary>Lower case, ASCII punctuation removed, white space to single blanks and none at the ends, all as Python does it.</summary>
    public static string Canonicalize(ReadOnlySpan<char> text)
    {
        string lower = LowerCase.AsInPython(text);
        StringBuilder result = new(lower.Length);
        bool isBlank = false;
        foreach (char character in lower)
        {
            if (WhiteSpace.IsInPython(character))
            {
                isBlank = true;
                continue;
            }
            if (Punctuation.Contains(character))
                continue;
            if (isBlank && result.Length > 0)
                result.Append(' ');
            isBlank = false;
            result.Append(character);
        }
        return result.ToString();
    }
}

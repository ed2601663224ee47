using System.Net;
using System.Text;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.OpenClip;

/// <summary>
/// The cleaning of OpenCLIP's texts. It mends texts by the library ftfy first; of that, what captions meet is done here: curly quotes,
/// ligatures, full and half width, line breaks, control characters, form C. Texts that were decoded wrongly stay as they are.
/// </summary>
internal static class TextCleaner
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Cleans a text.</summary>
    public static string Clean(string text, TextCleaning cleaning)
    {
        string plain = WebUtility.HtmlDecode(WebUtility.HtmlDecode(Mending.Mend(text)));
        if (cleaning == TextCleaning.Canonicalize)
            plain = WithoutPunctuation(plain);
        return Collapse(cleaning == TextCleaning.WhiteSpace ? plain : LowerCase.AsInPython(Valid(plain)));
    }

    /// <summary>An entity may stand for half a surrogate pair.</summary>
    private static string Valid(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            result.Append(rune);
        return result.ToString();
    }

    private static string WithoutPunctuation(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (char character in text)
        {
            if (character == '_')
                result.Append(' ');
            else if (!Punctuation.Contains(character, StringComparison.Ordinal))
                result.Append(character);
        }
        return result.ToString();
    }

    private static string Collapse(string text)
    {
        StringBuilder result = new(text.Length);
        bool isBlank = false;
        foreach (char character in text)
        {
            if (WhiteSpace.IsInPython(character))
            {
                isBlank = true;
                continue;
            }
            if (isBlank && result.Length > 0)
                result.Append(' ');
            isBlank = false;
            result.Append(character);
        }
        return result.ToString();
    }
}

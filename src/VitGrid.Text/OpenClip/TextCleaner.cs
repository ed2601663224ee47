using System.Text;
using VitGrid.Text.Unicode;

namespace VitGrid.Text.OpenClip;

/// <summary>The cleaning of OpenCLIP's texts: mended as by ftfy, entities decoded twice more, then as the model asks.</summary>
internal static class TextCleaner
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Cleans a text.</summary>
    public static string Clean(string text, TextCleaning cleaning)
    {
        string plain = Entities.Unescape(Entities.Unescape(Mending.Mend(text)));
        if (cleaning == TextCleaning.Canonicalize)
            plain = WithoutPunctuation(plain);
        return Collapse(cleaning == TextCleaning.WhiteSpace ? plain : LowerCase.AsInPython(plain));
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

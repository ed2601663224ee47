namespace VitGrid.Server.Verbs;

/// <summary>What verbs that ask running servers over HTTP have in common.</summary>
internal static class AskedServer
{
    /// <summary>Reads where to ask.</summary>
    /// <param name="text">An address of http or https.</param>
    /// <param name="example">One that is right.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static Uri Read(string text, string example) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
            ? url
            : throw new FormatException($"'{text}' is not an address such as {example}");

    /// <summary>A body on one line; one from anything else may be long, and is cut.</summary>
    public static string OneLine(string body, int characters)
    {
        string text = string.Join(' ', body.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length > characters ? text[..characters] + "…" : text;
    }
}

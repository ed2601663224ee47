using System.Text;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>The texts that <c>--text</c> gives: one, or the lines of a file.</summary>
internal static class TextLines
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The text itself, or with <c>@</c> before it the lines of that file that are not blank.</summary>
    /// <exception cref="UsageException">The file is not there, or is not UTF-8.</exception>
    public static IEnumerable<string> Read(string given)
    {
        if (given is not ['@', .. var path])
            return [given];
        try
        {
            return [.. File.ReadAllLines(path, Utf8).Where(line => !string.IsNullOrWhiteSpace(line))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--text: the file '{path}' cannot be read as UTF-8 ({exception.Message}); a text that begins with @ "
                + "stands in a file");
        }
    }
}

using System.Text;

namespace VitGrid.Server.Hosting;

/// <summary>
/// An exception in the log: a line for each of the chain, its type and message, and below it where it came from, all of them indented, so
/// that nothing in a message can be taken for a line of the log. Bounded.
/// </summary>
internal static class ExceptionText
{
    private const string Indent = "    ";
    private const int MaxMessage = 1_024;
    private const int MaxChain = 8;
    private const int MaxFrames = 48;
    private const int MaxFrame = 400;

    /// <summary>The whole, ending with a line break.</summary>
    /// <param name="exception">What failed.</param>
    /// <param name="withStacks">Whether to say where.</param>
    public static string From(Exception exception, bool withStacks)
    {
        StringBuilder text = new();
        int length = 0;
        foreach (Exception link in Chain(exception))
        {
            text.Append(Indent).Append(length++ == 0 ? "" : "caused by ").AppendLine(Head(link));
            if (withStacks)
                AppendStack(text, link.StackTrace);
        }
        return text.ToString();
    }

    private static string Head(Exception exception) => $"{exception.GetType().FullName}: {LogLine.Fit(exception.Message, MaxMessage)}";

    private static void AppendStack(StringBuilder text, string? stack)
    {
        int frames = 0;
        foreach (ReadOnlySpan<char> line in (stack ?? "").AsSpan().EnumerateLines())
        {
            if (line.IsWhiteSpace())
                continue;
            if (frames++ == MaxFrames)
            {
                text.Append(Indent).AppendLine("   …");
                return;
            }
            text.Append(Indent).AppendLine(LogLine.Fit(line.ToString(), MaxFrame));
        }
    }

    /// <summary>The exception and what caused it, of several causes the first, outermost first.</summary>
    private static IEnumerable<Exception> Chain(Exception exception)
    {
        Exception? link = exception;
        for (int i = 0; link is not null && i < MaxChain; i++, link = link.InnerException)
            yield return link;
    }
}

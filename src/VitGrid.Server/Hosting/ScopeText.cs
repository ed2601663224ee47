using System.Text;

namespace VitGrid.Server.Hosting;

/// <summary>The scopes of a log line as text: <c> [RequestPath=/v1/embeddings RequestId=req-1]</c>, outermost first, bounded.</summary>
internal static class ScopeText
{
    private const int MaxValue = 128;
    private const int MaxText = 512;
    private const string Template = "{OriginalFormat}";

    /// <summary>Writes every pair but those whose name is in <paramref name="said"/>, the message's own; empty for none.</summary>
    public static string Format(IExternalScopeProvider? scopes, IReadOnlyList<KeyValuePair<string, object?>>? said)
    {
        if (scopes is null)
            return "";
        StringBuilder text = new();
        scopes.ForEachScope((scope, into) => Append(into, scope, said), text);
        return text.Length == 0 ? "" : $" [{LogLine.Shorten(text.ToString(), MaxText)}]";
    }

    private static void Append(StringBuilder text, object? scope, IReadOnlyList<KeyValuePair<string, object?>>? said)
    {
        if (scope is not IEnumerable<KeyValuePair<string, object?>> pairs)
        {
            Append(text, $"{scope}");
            return;
        }
        foreach ((string name, object? value) in pairs)
        {
            if (name != Template && !IsSaid(said, name))
                Append(text, $"{name}={value}");
        }
    }

    private static void Append(StringBuilder text, string pair)
    {
        // What no longer fits is cut once, at the end.
        if (text.Length > MaxText)
            return;
        if (text.Length > 0)
            text.Append(' ');
        text.Append(LogLine.Fit(pair, MaxValue + pair.IndexOf('=') + 1));
    }

    private static bool IsSaid(IReadOnlyList<KeyValuePair<string, object?>>? said, string name)
    {
        for (int i = 0; i < (said?.Count ?? 0); i++)
        {
            if (said![i].Key == name)
                return true;
        }
        return false;
    }
}

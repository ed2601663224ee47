using System.Globalization;
using VitGrid.Engine.Requests;

namespace VitGrid.Server.Api.Answers;

/// <summary>The headers that answers have in every protocol.</summary>
internal static class AnswerHeaders
{
    /// <summary>How many images the cache held.</summary>
    public const string Cache = "x-vitgrid-cache";

    /// <summary>What a client should know of its request although it was answered; a header for each hint.</summary>
    public const string Hint = "x-vitgrid-hint";

    /// <summary>Each stage the longest any image spent in it: they run side by side.</summary>
    public static EmbeddingTimings Longest(IReadOnlyList<EmbeddingResult> results) => new(
        Longest(results, timings => timings.Cache),
        Longest(results, timings => timings.Decode),
        Longest(results, timings => timings.Queue),
        Longest(results, timings => timings.Infer))
    { Fetch = Longest(results, timings => timings.Fetch) };

    /// <summary>Writes the cache's hits.</summary>
    public static void WriteCache(IHeaderDictionary headers, IReadOnlyList<EmbeddingResult> results)
    {
        int hits = results.Count(result => result.FromCache);
        headers[Cache] = string.Create(CultureInfo.InvariantCulture, $"hit={hits},miss={results.Count - hits}");
    }

    /// <summary>Writes a header for each hint.</summary>
    public static void WriteHints(IHeaderDictionary headers, IReadOnlyList<string> hints)
    {
        foreach (string hint in hints)
            headers.Append(Hint, ToHeader(hint));
    }

    /// <summary>A header takes printable ASCII alone.</summary>
    private static string ToHeader(string hint) =>
        string.Concat(hint.Replace("…", "...", StringComparison.Ordinal).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

    private static TimeSpan Longest(IReadOnlyList<EmbeddingResult> results, Func<EmbeddingTimings, TimeSpan> stage) =>
        results.Count == 0 ? TimeSpan.Zero : results.Max(result => stage(result.Timings));
}

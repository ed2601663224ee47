using System.Globalization;
using VitGrid.Client;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Answers;

/// <summary>Outcomes become the OpenAI-shaped answer and the headers that say where its time went.</summary>
internal static class EmbeddingsAnswer
{
    public const string CacheHeader = "x-vitgrid-cache";

    /// <summary>What a client should know of its request although it was answered: the answer's <c>hints</c>, a header each.</summary>
    public const string HintHeader = "x-vitgrid-hint";

    public static EmbeddingsResponse Make(
        IReadOnlyList<ImageOutcome> outcomes, EmbeddingFields fields, string model, DateTimeOffset now, IReadOnlyList<string> hints)
    {
        int tokens = outcomes.Sum(outcome => outcome.Result?.Tokens ?? 0);
        return new()
        {
            Data = [.. outcomes.Select((outcome, i) => Item(outcome, i, fields))],
            Model = model,
            Usage = new(tokens, tokens, outcomes.Count(outcome => outcome.Result is not null)),
            Id = $"emb-{Guid.NewGuid():N}",
            Created = now.ToUnixTimeSeconds(),
            Hints = hints.Count > 0 ? hints : null,
        };
    }

    /// <summary>
    /// <c>Server-Timing</c> in milliseconds, each stage the longest any image spent in it (they run side by side), and the cache's hits.
    /// </summary>
    public static void WriteHeaders(IHeaderDictionary headers, IReadOnlyList<ImageOutcome> outcomes, IReadOnlyList<string> hints)
    {
        EmbeddingResult[] results = [.. outcomes.Select(outcome => outcome.Result).OfType<EmbeddingResult>()];
        int hits = results.Count(result => result.FromCache);
        headers["Server-Timing"] = string.Join(", ",
            Stage("fetch", Longest(results, timings => timings.Fetch)),
            Stage("decode", Longest(results, timings => timings.Decode)),
            Stage("cache", Longest(results, timings => timings.Cache)),
            Stage("queue", Longest(results, timings => timings.Queue)),
            Stage("infer", Longest(results, timings => timings.Infer)));
        headers[CacheHeader] = string.Create(CultureInfo.InvariantCulture, $"hit={hits},miss={results.Length - hits}");
        WriteHints(headers, hints);
    }

    /// <summary>A header for each hint.</summary>
    public static void WriteHints(IHeaderDictionary headers, IReadOnlyList<string> hints)
    {
        foreach (string hint in hints)
            headers.Append(HintHeader, ToHeader(hint));
    }

    /// <summary>A header takes printable ASCII alone.</summary>
    private static string ToHeader(string hint) =>
        string.Concat(hint.Replace("…", "...", StringComparison.Ordinal).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

    private static EmbeddingItem Item(ImageOutcome outcome, int index, EmbeddingFields fields) => outcome.Result is { } result
        ? new() { Object = "embedding", Index = index, Embedding = VectorEncoding.Encode(result.Vector, fields) }
        : new() { Object = "error", Index = index, Error = ErrorWriter.Body(outcome.Error!) };

    private static TimeSpan Longest(EmbeddingResult[] results, Func<EmbeddingTimings, TimeSpan> stage) =>
        results.Length == 0 ? TimeSpan.Zero : results.Max(result => stage(result.Timings));

    private static string Stage(string name, TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{name};dur={time.TotalMilliseconds:0.###}");
}

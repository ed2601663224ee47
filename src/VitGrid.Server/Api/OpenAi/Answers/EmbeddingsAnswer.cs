using VitGrid.Client;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Answers;

/// <summary>Outcomes become the OpenAI-shaped answer.</summary>
internal static class EmbeddingsAnswer
{
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

    private static EmbeddingItem Item(ImageOutcome outcome, int index, EmbeddingFields fields) => outcome.Result is { } result
        ? new() { Object = "embedding", Index = index, Embedding = VectorEncoding.Encode(result.Vector, fields) }
        : new() { Object = "error", Index = index, Error = ErrorBodies.From(outcome.Error!) };
}

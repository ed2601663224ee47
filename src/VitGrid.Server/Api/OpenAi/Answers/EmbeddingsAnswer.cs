using System.Text.Encodings.Web;
using System.Text.Json;
using VitGrid.Client;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
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
            Usage = new(tokens, tokens, outcomes.Count(outcome => outcome is { Result: not null, IsText: false })),
            Id = $"emb-{Guid.NewGuid():N}",
            Created = now.ToUnixTimeSeconds(),
            Hints = hints.Count > 0 ? hints : null,
        };
    }

    private static EmbeddingTiles TilesOf(EmbeddingResult result, EmbeddingFields fields) => new(
        result.Grid.Columns, result.Grid.Rows, result.Grid.HasThumbnail,
        [.. result.Tiles.Select(vector => VectorEncoding.Encode(vector, fields))]);

    private static EmbeddingItem Item(ImageOutcome outcome, int index, EmbeddingFields fields) => outcome.Result is { } result
        ? new()
        {
            Object = "embedding",
            Index = index,
            Embedding = VectorEncoding.Encode(result.Vector, fields),
            Tiles = fields.Tiling is null || outcome.IsText ? null : TilesOf(result, fields),
        }
        : new() { Object = "error", Index = index, Error = ErrorBodies.From(outcome.Error!) };
}

/// <summary>The client's JSON context with quotes and letters beyond ASCII as they are: answers are JSON, never part of a page.</summary>
internal static class AnswerJson
{
    public static VitGridJson Client { get; } = new(
        new JsonSerializerOptions(VitGridJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>An error as OpenAI's clients read it.</summary>
internal static class ErrorBodies
{
    public static ErrorBody From(ApiError error) => new(error.Message, TypeOf(ErrorTable.Row(error.Code)), error.Param, error.Code);

    /// <summary>OpenAI's family of an error.</summary>
    public static string TypeOf(ErrorRow row) => row.Status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= StatusCodes.Status500InternalServerError => "server_error",
        _ => "invalid_request_error",
    };
}

using System.Text.Json;
using VitGrid.Client;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.Cohere;

/// <summary>The answer to a request for vectors: a list of all vectors for each type of numbers.</summary>
internal static class CohereAnswer
{
    public static async Task WriteAsync(
        HttpResponse response, string id, IReadOnlyList<NamedType> types, IReadOnlyList<string> texts, EmbeddingAnswer answer,
        CancellationToken cancellationToken)
    {
        // All of them first: a vector that is none is refused with its status.
        (string Name, EmbeddingVector[] Vectors)[] lists = [.. types.Select(type => (type.Name, Vectors(type, answer)))];
        response.ContentType = "application/json";
        await using Utf8JsonWriter json = new(response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("response_type"u8, "embeddings_by_type");
        json.WriteStartObject("embeddings"u8);
        foreach ((string name, EmbeddingVector[] vectors) in lists)
        {
            json.WriteStartArray(name);
            foreach (EmbeddingVector vector in vectors)
                JsonSerializer.Serialize(json, vector, VitGridJson.Default.EmbeddingVector);
            json.WriteEndArray();
            await json.FlushAsync(cancellationToken);
        }
        json.WriteEndObject();
        json.WriteStartArray("texts"u8);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
        WriteMeta(json, answer.Outcomes);
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static EmbeddingVector[] Vectors(NamedType type, EmbeddingAnswer answer) => [.. answer.Outcomes.Select(
        outcome => VectorEncoding.Encode(outcome.Result!.Vector, answer.Fields with { Type = type.Type, Encoding = type.Encoding }))];

    private static void WriteMeta(Utf8JsonWriter json, IReadOnlyList<ImageOutcome> outcomes)
    {
        json.WriteStartObject("meta"u8);
        json.WriteStartObject("api_version"u8);
        json.WriteString("version"u8, "2");
        json.WriteEndObject();
        json.WriteStartObject("billed_units"u8);
        int texts = outcomes.Count(outcome => outcome.IsText);
        if (texts < outcomes.Count)
            json.WriteNumber("images"u8, outcomes.Count - texts);
        if (texts > 0)
            json.WriteNumber("input_tokens"u8, outcomes.Where(outcome => outcome.IsText).Sum(outcome => outcome.Result!.Tokens));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

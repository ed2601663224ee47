using System.Text.Json.Serialization;

namespace VitGrid.Client;

/// <summary>How the records above stand in JSON; the server writes with the same context the client reads with.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EmbeddingsRequest))]
[JsonSerializable(typeof(EmbeddingsResponse))]
[JsonSerializable(typeof(ModelsResponse))]
[JsonSerializable(typeof(ErrorResponse))]
internal sealed partial class VitGridJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace VitGrid.Client;

/// <summary>The JSON form of this package's records, without reflection; the server writes with it what the client reads with it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EmbeddingsRequest))]
[JsonSerializable(typeof(EmbeddingsResponse))]
[JsonSerializable(typeof(ModelsResponse))]
[JsonSerializable(typeof(ErrorResponse))]
public sealed partial class VitGridJson : JsonSerializerContext;

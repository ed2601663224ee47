using System.Text.Json.Serialization;

namespace VitGrid.Server.Api.Operations;

/// <summary>How the answers that only operators read stand in JSON; what clients read is in VitGrid.Client.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(InfoResponse))]
[JsonSerializable(typeof(IndexResponse))]
internal sealed partial class ServerJson : JsonSerializerContext;

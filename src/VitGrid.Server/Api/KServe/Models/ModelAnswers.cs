using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using VitGrid.Engine.Models;

namespace VitGrid.Server.Api.KServe.Models;

/// <summary>The answer of <c>GET /v2</c>.</summary>
internal sealed record ServerAnswer(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>The answer of <c>GET /v2/health/live</c>.</summary>
internal sealed record LiveAnswer(bool Live);

/// <summary>The answer of <c>GET /v2/health/ready</c>, and of a model's.</summary>
internal sealed record ReadyAnswer(bool Ready)
{
    /// <summary>The model; null: the server.</summary>
    public string? Name { get; init; }
}

/// <summary>The answer of <c>GET /v2/models/MODEL</c>.</summary>
internal sealed record ModelAnswer(
    string Name, IReadOnlyList<string> Versions, string Platform, IReadOnlyList<TensorFacts> Inputs, IReadOnlyList<TensorFacts> Outputs)
{
    /// <summary>What computes.</summary>
    public const string VitGrid = "vitgrid";

    public static ModelAnswer From(ModelInfo model) => new(
        model.Name, [ModelInPath.Version], VitGrid, TensorFacts.InputsOf(model), TensorFacts.OutputsOf(model));
}

/// <summary>The answer of <c>GET /v2/models/MODEL/config</c>: what tools for load ask for.</summary>
internal sealed record ConfigAnswer(
    string Name, string Platform, string Backend, int MaxBatchSize, IReadOnlyList<ConfigTensor> Input, IReadOnlyList<ConfigTensor> Output)
{
    /// <param name="model">The model.</param>
    /// <param name="maxInputs">Images in one request.</param>
    public static ConfigAnswer From(ModelInfo model, int maxInputs)
    {
        ModelAnswer facts = ModelAnswer.From(model);
        // One of the inputs is sent, so that each may be left out.
        return new(facts.Name, facts.Platform, facts.Platform, maxInputs,
            [.. facts.Inputs.Select(tensor => ConfigTensor.From(tensor) with { Optional = true })],
            [.. facts.Outputs.Select(ConfigTensor.From)]);
    }
}

/// <summary>A tensor in a model's configuration: its dimensions are without the batch's.</summary>
internal sealed record ConfigTensor(string Name, string DataType, IReadOnlyList<long> Dims)
{
    /// <summary>Whether an input may be left out; null of outputs.</summary>
    public bool? Optional { get; init; }

    public static ConfigTensor From(TensorFacts tensor) =>
        new(tensor.Name, TensorType.InConfiguration(tensor.Datatype), [.. tensor.Shape.Skip(1)]);
}

/// <summary>A row of the repository's index.</summary>
internal sealed record IndexRow(string Name, string Version, string State, string Reason)
{
    public static IndexRow From(ModelInfo model) =>
        new(model.Name, ModelInPath.Version, ServedModel.State(model), model.Failure ?? "");
}

/// <summary>The answer of what was asked for nothing but success.</summary>
internal sealed record DoneAnswer;

/// <summary>The body of a refusal.</summary>
internal sealed record ErrorAnswer(string Error);

/// <summary>How KServe's answers stand in JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServerAnswer))]
[JsonSerializable(typeof(LiveAnswer))]
[JsonSerializable(typeof(ReadyAnswer))]
[JsonSerializable(typeof(ModelAnswer))]
[JsonSerializable(typeof(ConfigAnswer))]
[JsonSerializable(typeof(IReadOnlyList<IndexRow>))]
[JsonSerializable(typeof(DoneAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class KServeJson : JsonSerializerContext;

/// <summary>The same with quotes and letters beyond ASCII as they are: answers are JSON, never part of a page.</summary>
internal static class KServeAnswers
{
    public static KServeJson Json { get; } = new(
        new JsonSerializerOptions(KServeJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

using System.Text.Json;

namespace VitGrid.Page.Models;

/// <summary>A served model, from <c>GET /v1/models</c>.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State">Whether it answers.</param>
/// <param name="Failure">Why it does not; null where it does.</param>
/// <param name="Description">What it is good for; null: nobody says.</param>
/// <param name="Facts">What else is told of it, by name.</param>
internal sealed record ServedModel(
    string Id, string State, string? Failure, string? Description, IReadOnlyList<(string Name, string Value)> Facts)
{
    private static readonly string[] Told = ["id", "object", "created", "owned_by", "state", "failure", "description"];

    /// <summary>The models of an answer. Whatever is told of one is shown, so that nothing new is forgotten here.</summary>
    public static IReadOnlyList<ServedModel> From(JsonElement answer) =>
    [
        .. answer.GetProperty("data").EnumerateArray().Select(model => new ServedModel(
            model.GetProperty("id").GetString()!, model.GetProperty("state").GetString()!, TextOf(model, "failure"),
            TextOf(model, "description"),
            [.. model.EnumerateObject().Where(fact => !Told.Contains(fact.Name)).Select(
                fact => (fact.Name.Replace('_', ' '), Show(fact.Value)))])),
    ];

    private static string? TextOf(JsonElement model, string name) =>
        model.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Show)),
        JsonValueKind.Object => string.Join(
            "; ", value.EnumerateObject().Select(fact => $"{fact.Name.Replace('_', ' ')} {Show(fact.Value)}")),
        _ => value.ToString(),
    };
}

/// <summary>A model in a folder of this machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Origin">Bundled, imported, or of a hub's cache.</param>
/// <param name="Architecture">Family, size and precision in a sentence; null where it cannot be read.</param>
/// <param name="Dimensions">Numbers of a vector.</param>
/// <param name="Bytes">Of its weights.</param>
/// <param name="Error">Why it cannot be read; null where it can.</param>
public sealed record DiskModel(string Name, string Origin, string? Architecture, int? Dimensions, long? Bytes, string? Error)
{
    private static readonly JsonSerializerOptions Words = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    internal static IReadOnlyList<DiskModel> From(JsonElement models) => models.Deserialize<DiskModel[]>(Words)!;
}

/// <summary>Something that is told of a model.</summary>
/// <param name="Name">What.</param>
/// <param name="Value">As people read it.</param>
internal sealed record ModelFact(string Name, string Value)
{
    public static IReadOnlyList<ModelFact> From(JsonElement facts) =>
    [
        .. facts.EnumerateArray().Select(
            fact => new ModelFact(fact.GetProperty("name").GetString()!, fact.GetProperty("value").GetString()!)),
    ];
}

/// <summary>A model that a page had fetched.</summary>
internal sealed record PulledModel(string? Id, int Files, long DoneBytes, long Bytes, bool IsOver, string? Problem)
{
    public static PulledModel From(JsonElement json) => new(
        json.GetProperty("model").GetString(), json.GetProperty("files").GetInt32(), json.GetProperty("done_bytes").GetInt64(),
        json.GetProperty("bytes").GetInt64(), json.GetProperty("is_over").GetBoolean(), json.GetProperty("problem").GetString());
}

/// <summary>What was measured of a form of a model.</summary>
internal sealed record MeasuredForm(string Model, string Form, string Device, double ImagesPerSecond, double Cosine, int Images);

/// <summary>The forms that can be measured in this process, and what was.</summary>
internal sealed record FormOverview(IReadOnlyList<string> Forms, IReadOnlyList<MeasuredForm> Measured)
{
    private static readonly JsonSerializerOptions Words = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static FormOverview From(JsonElement json) => json.Deserialize<FormOverview>(Words)!;

    /// <summary>What was measured of one; null: nothing was.</summary>
    public MeasuredForm? Find(string model, string form) =>
        Measured.FirstOrDefault(measured => measured.Model == model && measured.Form == form);
}

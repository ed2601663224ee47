using System.Text.Json;
using VitGrid.Page.Calls;

namespace VitGrid.Page.Trying;

/// <summary>An image that was dropped, and what became of it. Belongs to a circuit.</summary>
/// <param name="number">Its number on the page, from 1.</param>
/// <param name="name">Its file's name.</param>
/// <param name="bytes">The file.</param>
/// <param name="preview">Where the browser shows it from.</param>
public sealed class DroppedImage(int number, string name, byte[] bytes, string preview)
{
    /// <summary>Its number on the page, from 1.</summary>
    public int Number => number;

    /// <summary>Its file's name.</summary>
    public string Name => name;

    /// <summary>The file.</summary>
    public byte[] Bytes => bytes;

    /// <summary>Where the browser shows it from.</summary>
    public string Preview => preview;

    /// <summary>Its vector; null: it is not computed yet, or cannot be.</summary>
    public float[]? Vector { get; private set; }

    /// <summary>Why it has none, in the API's words; null: nothing is wrong.</summary>
    public string? Problem { get; private set; }

    /// <summary>Where its time went.</summary>
    public IReadOnlyList<(string Stage, double Milliseconds)> Timings { get; private set; } = [];

    /// <summary>Whether a cache held it.</summary>
    public bool IsCached { get; private set; }

    /// <summary>Forgets what was computed, since another model is asked.</summary>
    public void Forget() => (Vector, Problem, Timings, IsCached) = (null, null, [], false);

    /// <summary>Takes what the API answered.</summary>
    internal void Take(PageAnswer answer)
    {
        Problem = answer.Problem;
        Timings = ServerTimings.Read(answer.Headers.GetValueOrDefault("Server-Timing") ?? "");
        IsCached = answer.Headers.GetValueOrDefault("x-vitgrid-cache")?.StartsWith("hit=1", StringComparison.Ordinal) == true;
        Vector = answer.IsDone
            ? [.. answer.Json.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle())] : null;
    }
}

/// <summary>What the page knows of a served model, from <c>GET /v1/models</c>.</summary>
/// <param name="Id">Its name.</param>
/// <param name="State">Whether it answers.</param>
/// <param name="ReadsText">Whether it has a text tower.</param>
/// <param name="Layers">Hidden states beyond the embedding stage.</param>
/// <param name="IsCropped">Whether images are cut to their middle, rather than squashed.</param>
public sealed record TriedModel(string Id, string State, bool ReadsText, int Layers, bool IsCropped)
{
    /// <summary>The models of an answer that take images.</summary>
    internal static IReadOnlyList<TriedModel> From(PageAnswer answer) => !answer.IsDone ? [] :
    [
        .. answer.Json.GetProperty("data").EnumerateArray().Where(model => Takes(model, "image")).Select(model => new TriedModel(
            model.GetProperty("id").GetString()!, model.GetProperty("state").GetString()!, Takes(model, "text"),
            model.TryGetProperty("layers", out var layers) ? layers.GetInt32() : 0,
            !model.TryGetProperty("preprocessing", out var facts) || facts.GetProperty("mode").GetString() != "squash")),
    ];

    private static bool Takes(JsonElement model, string kind) => model.TryGetProperty("modalities", out var kinds)
        && kinds.EnumerateArray().Any(one => one.GetString() == kind);
}

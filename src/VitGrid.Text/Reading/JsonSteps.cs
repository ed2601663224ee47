using System.Text.Json;

namespace VitGrid.Text.Reading;

/// <summary>The steps of a normalizer or pre-tokenizer: one, or a Sequence of several.</summary>
internal static class JsonSteps
{
    private const int MaxShown = 160;

    /// <summary>The steps in order.</summary>
    /// <param name="step">The outermost.</param>
    /// <param name="list">What a Sequence calls its steps.</param>
    public static IEnumerable<JsonElement> Of(JsonElement step, string list)
    {
        if (step.ValueKind != JsonValueKind.Object)
            return [];
        return step.Text("type") == "Sequence" ? step.Items(list).SelectMany(inner => Of(inner, list)) : [step];
    }

    /// <summary>The steps' types.</summary>
    public static IEnumerable<string> Types(JsonElement step, string list) => Of(step, list).Select(inner => inner.Text("type") ?? "");

    /// <summary>A step for a message.</summary>
    public static string Shown(JsonElement step)
    {
        string text = step.ValueKind == JsonValueKind.Undefined ? "null" : step.GetRawText();
        return text.Length <= MaxShown ? text : text[..MaxShown] + "…";
    }
}

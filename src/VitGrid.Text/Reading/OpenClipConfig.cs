using System.Text.Json;
using VitGrid.Text.OpenClip;

namespace VitGrid.Text.Reading;

/// <summary>What <c>open_clip_config.json</c> says of the tokenizer.</summary>
/// <param name="Cleaning">What is done to a text first; null: OpenAI's own tokenizer is meant.</param>
internal sealed record OpenClipConfig(TextCleaning? Cleaning)
{
    public const string FileName = "open_clip_config.json";

    /// <summary>Reads it; null: the folder has none.</summary>
    /// <exception cref="TokenizerException">It is damaged, or asks for a cleaning that is not known.</exception>
    public static OpenClipConfig? Read(TokenizerFolder folder)
    {
        if (JsonText.Root(folder, FileName) is not { } root || TextOf(root) is not { } text)
            return null;
        if (text.Text("hf_tokenizer_name") is null)
            return new OpenClipConfig((TextCleaning?)null);
        string clean = text.Object("tokenizer_kwargs")?.Text("clean") ?? "whitespace";
        return new(clean switch
        {
            "canonicalize" => TextCleaning.Canonicalize,
            "lower" => TextCleaning.Lower,
            "whitespace" => TextCleaning.WhiteSpace,
            _ => throw new TokenizerException(
                $"{folder.PathOf(FileName)} cleans texts by '{clean}'; known are canonicalize, lower and whitespace"),
        });
    }

    /// <summary>The part on the text tower.</summary>
    public static JsonElement? TextOf(JsonElement root) => root.Object("model_cfg")?.Object("text_cfg");
}

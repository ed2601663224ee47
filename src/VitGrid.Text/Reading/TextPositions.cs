using System.Text.Json;

namespace VitGrid.Text.Reading;

/// <summary>How many positions a folder's text tower has, as its configuration says.</summary>
internal static class TextPositions
{
    private const string Key = "max_position_embeddings";
    private const int Clip = 77, Siglip = 64;

    /// <summary>The positions; null: there is no configuration of a text tower.</summary>
    public static int? Read(TokenizerFolder folder)
    {
        if (JsonText.Root(folder, "config.json") is { } config && FromTransformers(config) is { } positions)
            return positions;
        return JsonText.Root(folder, OpenClipConfig.FileName) is { } openClip && OpenClipConfig.TextOf(openClip) is { } text
            ? (int)(text.Number("context_length") ?? Clip)
            : null;
    }

    private static int? FromTransformers(JsonElement config)
    {
        int? otherwise = config.Text("model_type") switch
        {
            "clip" or "clip_text_model" => Clip,
            "siglip" or "siglip2" or "siglip_text_model" or "siglip2_text_model" => Siglip,
            _ => null,
        };
        if (otherwise is null)
            return null;
        double? positions =
            config.Object("text_config_dict")?.Number(Key) ?? config.Object("text_config")?.Number(Key) ?? config.Number(Key);
        return (int)(positions ?? otherwise.Value);
    }
}

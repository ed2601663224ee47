using System.Text.Json;

namespace VitGrid.Hub.Selection;

/// <summary>
/// Which files of a repository a model needs: configuration, one form of the weights, of a chat model only the shards with its encoder, and
/// of a two-tower model the tokenizer.
/// </summary>
/// <param name="revision">The repository.</param>
/// <param name="folder">The folder inside it; empty: its root.</param>
internal sealed class NeededFiles(HubRevision revision, string folder)
{
    private const string Config = "config.json", OpenClipConfig = "open_clip_config.json";
    private const string Single = "model.safetensors", OpenClipWeights = "open_clip_model.safetensors";
    private const string IndexEnding = ".safetensors.index.json", WeightsEnding = ".safetensors";
    private const long MaxTextBytes = 32 << 20;

    private static readonly string[] Tokenizers =
        ["tokenizer.json", "vocab.json", "merges.txt", "spiece.model", "tokenizer.model", "added_tokens.json"];

    private static readonly string[] TwoTowers = ["clip", "clip_text_model", "siglip", "siglip2"];

    private readonly Dictionary<string, HubFile> _files = revision.Files
        .Where(file => folder.Length == 0 || file.Path.StartsWith(folder + "/", StringComparison.Ordinal))
        .Select(file => (Name: folder.Length == 0 ? file.Path : file.Path[(folder.Length + 1)..], File: file))
        .Where(file => !file.Name.Contains('/', StringComparison.Ordinal))
        .ToDictionary(file => file.Name, file => file.File, StringComparer.Ordinal);

    /// <summary>What has to be read before the rest can be chosen: the configurations, and the index of shards.</summary>
    /// <exception cref="HubException">There is no model in the folder that could be served.</exception>
    public IReadOnlyList<HubFile> First()
    {
        if (!_files.ContainsKey(Config) && !_files.ContainsKey(OpenClipConfig))
            throw new HubException($"{Where} has no {Config}, so it is no model that is served; {Found()}");
        // Data sets of a repository are JSON too.
        return
        [
            .. _files.Where(file => IsText(file.Key) && !Tokenizers.Contains(file.Key) && file.Value.Bytes <= MaxTextBytes)
                .Select(file => file.Value),
        ];
    }

    /// <summary>The weights and the tokenizer.</summary>
    /// <param name="open">Opens one of the <see cref="First"/> files, which are there.</param>
    /// <exception cref="HubException">There are no weights that are read.</exception>
    public IReadOnlyList<HubFile> Rest(Func<HubFile, Stream> open)
    {
        JsonElement config = _files.TryGetValue(Config, out HubFile? file) ? Root(open, file) : default;
        string type = config.ValueKind == JsonValueKind.Object && config.TryGetProperty("model_type", out JsonElement said)
            && said.ValueKind == JsonValueKind.String ? said.GetString()! : "";
        bool isTwoTowers = TwoTowers.Contains(type) || (type.Length == 0 && _files.ContainsKey(OpenClipConfig));
        bool isChat = !isTwoTowers && config.ValueKind == JsonValueKind.Object && config.TryGetProperty("vision_config", out _);
        IEnumerable<HubFile> tokenizer = isTwoTowers ? Tokenizers.Where(_files.ContainsKey).Select(name => _files[name]) : [];
        return [.. Weights(open, isChat, prefersOpenClip: type.Length == 0), .. tokenizer];
    }

    private HubFile[] Weights(Func<HubFile, Stream> open, bool isChat, bool prefersOpenClip)
    {
        if (prefersOpenClip && _files.TryGetValue(OpenClipWeights, out HubFile? openClip) && _files.ContainsKey(OpenClipConfig))
            return [openClip];
        if (_files.TryGetValue(Single, out HubFile? single))
            return [single];
        string[] indexes =
            [.. _files.Keys.Where(name => name.EndsWith(IndexEnding, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        if ((indexes.FirstOrDefault(name => name == "model" + IndexEnding) ?? indexes.FirstOrDefault()) is { } index)
            return Shards(Root(open, _files[index]), index, isChat);
        HubFile[] alone = [.. _files.Where(file => file.Key.EndsWith(WeightsEnding, StringComparison.Ordinal)).Select(file => file.Value)];
        return alone.Length == 1
            ? alone
            : throw new HubException($"{Where} has no {Single} and no index of shards, and nothing else is read; {Found()}");
    }

    private HubFile[] Shards(JsonElement index, string name, bool isChat)
    {
        if (index.ValueKind != JsonValueKind.Object || !index.TryGetProperty("weight_map", out JsonElement map)
            || map.ValueKind != JsonValueKind.Object)
            throw new HubException($"{name} of {Where} has no weight_map; it is damaged");
        (string Tensor, string File)[] all =
        [
            .. map.EnumerateObject().Where(entry => entry.Value.ValueKind == JsonValueKind.String)
                .Select(entry => (entry.Name, entry.Value.GetString()!)),
        ];
        string[] vision = [.. all.Where(entry => VisionTensors.Contains(entry.Tensor)).Select(entry => entry.File).Distinct()];
        string[] shards = isChat && vision.Length > 0 ? vision : [.. all.Select(entry => entry.File).Distinct()];
        return
        [
            .. shards.Order(StringComparer.Ordinal).Select(shard => _files.GetValueOrDefault(shard)
                ?? throw new HubException($"{name} of {Where} names '{shard}', which is not there")),
        ];
    }

    private static bool IsText(string name) =>
        name.EndsWith(".json", StringComparison.Ordinal) || name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase);

    private static JsonElement Root(Func<HubFile, Stream> open, HubFile file)
    {
        try
        {
            if (file.Bytes > MaxTextBytes)
                throw new HubException($"{file.Path} has {file.Bytes} bytes; a configuration or an index has at most {MaxTextBytes}");
            using Stream stream = open(file);
            using JsonDocument document = JsonDocument.Parse(stream, new() { AllowTrailingCommas = true });
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            // Python writes NaN and Infinity; which files are needed does not hang on such a number.
            return file.Path.EndsWith(IndexEnding, StringComparison.Ordinal)
                ? throw new HubException($"{file.Path} is damaged: {exception.Message}", exception)
                : default;
        }
    }

    private string Where => folder.Length == 0 ? revision.Repository : $"{revision.Repository}/{folder}";

    private string Found()
    {
        string[] folders = [.. revision.Files.Where(file => file.Path.EndsWith("/" + Config, StringComparison.Ordinal))
            .Select(file => file.Path[..^(Config.Length + 1)]).Where(path => path != folder).Order(StringComparer.Ordinal).Take(5)];
        string endings = string.Join(
            ", ", _files.Keys.Select(Path.GetExtension).Where(ending => ending is { Length: > 0 }).Distinct().Order().Take(8));
        return folders.Length > 0
            ? $"its folders {string.Join(", ", folders)} do: name one, as {revision.Repository}/{folders[0]}"
            : $"it holds files of {(endings.Length > 0 ? endings : "no kind")}; VitGrid reads config.json with safetensors";
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Configs;

/// <summary>An object of a config file, read key by key; every complaint names file, key and value.</summary>
internal sealed class JsonSection
{
    private const int MaxFileBytes = 16 << 20;
    private const int MaxInteger = 1 << 20;
    private const int MaxDepth = 512;

    private readonly JsonElement _object;
    private readonly string _path;

    private JsonSection(string file, string path, JsonElement element) => (File, _path, _object) = (file, path, element);

    public string File { get; }

    /// <summary>The file's name without its folder and, of a part of it, the section's: <c>config.json: pretrained_cfg</c>.</summary>
    public string Name => Path.GetFileName(File) + (_path.Length > 0 ? $": {_path[..^1]}" : "");

    public static JsonSection Read(string file)
    {
        try
        {
            long length = new FileInfo(RealPath.Resolve(file)).Length;
            if (length > MaxFileBytes)
                throw new CheckpointException($"{file}: has {length} bytes; the limit for a config is {MaxFileBytes}: this is no config");
            byte[] text = System.IO.File.ReadAllBytes(file);
            // The document would not say so before a text is asked for, nor could it show that text then.
            if (!Utf8.IsValid(text))
                throw new CheckpointException($"{file}: is not UTF-8 text; save it as UTF-8 or fetch it again");
            using JsonDocument document = JsonDocument.Parse(
                PythonJson.ToJson(text),
                new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonSection(file, "", document.RootElement.Clone())
                : throw new CheckpointException($"{file}: holds {Shown.Text(document.RootElement.GetRawText())}; expected a JSON object");
        }
        catch (Exception exception) when (JsonCursor.IsMalformed(exception))
        {
            throw new CheckpointException($"{file}: is not valid JSON ({exception.Message}); correct it or fetch it again", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{file}: cannot be read ({exception.Message}); a checkpoint's folder needs it", exception);
        }
    }

    /// <summary>A section that states nothing.</summary>
    public static JsonSection Empty(string file, string key)
    {
        using JsonDocument document = JsonDocument.Parse("{}");
        return new JsonSection(file, $"{key}.", document.RootElement.Clone());
    }

    /// <summary>Whether <paramref name="key"/> is stated; JSON's null counts as not stated.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>The keys that are stated.</summary>
    public IEnumerable<string> Keys => _object.EnumerateObject().Select(property => property.Name).Where(Has);

    /// <summary>Whether the key stands there, though perhaps with JSON's null.</summary>
    public bool States(string key) => _object.TryGetProperty(key, out _);

    public bool IsFalse(string key) => Find(key)?.ValueKind == JsonValueKind.False;

    public bool IsObject(string key) => Find(key)?.ValueKind == JsonValueKind.Object;

    public bool IsArray(string key) => Find(key)?.ValueKind == JsonValueKind.Array;

    public bool IsText(string key) => Find(key)?.ValueKind == JsonValueKind.String;

    public JsonSection? Section(string key) => Find(key) is not { } element
        ? null
        : element.ValueKind == JsonValueKind.Object
            ? new JsonSection(File, $"{_path}{key}.", element)
            : throw Refuse(key, "expected an object");

    public string? Text(string key) => Find(key) is { } element ? ToText(key, element) : null;

    /// <summary>The first of an array of strings.</summary>
    public string? FirstText(string key) =>
        Find(key) is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0 ? ToText(key, array[0]) : null;

    public bool? Flag(string key) => Find(key) is not { } element
        ? null
        : element.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? element.GetBoolean()
            : throw Refuse(key, "expected true or false");

    public double? Number(string key) => Find(key) is not { } element
        ? null
        : element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Refuse(key, "expected a number");

    public int? Integer(string key) => Find(key) is { } element ? ToInteger(key, element) : null;

    /// <summary>A square's side, stated as one number or as equal height and width.</summary>
    public int? Side(string key)
    {
        if (Find(key) is not { ValueKind: JsonValueKind.Array } pair)
            return Integer(key);
        int[] sides = [.. pair.EnumerateArray().Select(side => ToInteger(key, side))];
        return sides.Length == 2 && sides[0] == sides[1]
            ? sides[0]
            : throw Refuse(key, "expected one number or two equal ones: only square images and patches are served");
    }

    public ImmutableArray<int>? Integers(string key) => Find(key) is not { } element
        ? null
        : element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select(item => ToInteger(key, item))]
            : throw Refuse(key, "expected an array of whole numbers");

    /// <summary>Three finite numbers, one a channel.</summary>
    public ImmutableArray<float>? Channels(string key)
    {
        if (Find(key) is not { } element)
            return null;
        float[] channels = element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? item.GetSingle() : float.NaN)]
            : [];
        return channels.Length == 3 && channels.All(float.IsFinite)
            ? [.. channels]
            : throw Refuse(key, "expected three numbers, one a channel");
    }

    /// <summary>The stated value, else <paramref name="fallback"/>, with the words for a message.</summary>
    public Claim<T> Claim<T>(string key, T? stated, T fallback)
        where T : struct => stated is { } value
            ? Stated(key, value)
            : new Claim<T>(fallback, false, $"{File} does not state {Shown.Text(_path + key)}, which means {fallback}");

    public Claim<T> Stated<T>(string key, T value) => new(value, true, $"{Shown.Text(_path + key)} in {File} is {Raw(key)}");

    /// <summary>A complaint about <paramref name="key"/>: what it is, and <paramref name="expected"/>.</summary>
    public CheckpointException Refuse(string key, string expected) =>
        new($"{File}: {Shown.Text(_path + key)} is {(Has(key) ? Raw(key) : "not stated")}; {expected}");

    private string Raw(string key) => Find(key) is { } element ? Shown.Raw(element.GetRawText()) : "absent";

    private JsonElement? Find(string key) =>
        _object.TryGetProperty(key, out JsonElement element) && element.ValueKind != JsonValueKind.Null ? element : null;

    private string ToText(string key, JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Refuse(key, "expected a string");
        }
        catch (InvalidOperationException exception)
        {
            throw new CheckpointException(
                $"{File}: {Shown.Text(_path + key)} is {Raw(key)}, which is not valid text; correct it", exception);
        }
    }

    /// <summary>A whole number, which some writers of floats put as <c>448.0</c>.</summary>
    private int ToInteger(string key, JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number)
            && number is >= 0 and <= MaxInteger && double.IsInteger(number)
            ? (int)number
            : throw Refuse(key, $"expected whole numbers from 0 to {MaxInteger}");
}

using VitGrid.Engine.Features;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FeatureRequests;

/// <summary>
/// The fields of a request for features as text, the same over HTTP, on the command line and in a job's record: by name; lists with commas
/// between; all of them in one line as <c>NAME=VALUE</c> with semicolons between.
/// </summary>
public static class FeatureText
{
    private const int MaxLayers = 1_000;

    private static readonly string[] Names = ["layers", "outputs", "norm", "layout", "dtype", "tiling"];

    private static readonly (string Name, FeatureNorm Value)[] Norms =
        [("last", FeatureNorm.Last), ("all", FeatureNorm.All), ("none", FeatureNorm.None)];

    private static readonly (string Name, FeatureLayout Value)[] Layouts =
        [("NLC", FeatureLayout.Nlc), ("NCHW", FeatureLayout.Nchw), ("nlc", FeatureLayout.Nlc), ("nchw", FeatureLayout.Nchw)];

    private static readonly (string Name, FeatureType Value)[] Types =
    [
        ("fp32", FeatureType.Float32), ("fp16", FeatureType.Float16), ("bf16", FeatureType.BFloat16),
        ("float32", FeatureType.Float32), ("float16", FeatureType.Float16), ("bfloat16", FeatureType.BFloat16),
    ];

    private static readonly (string Name, FeatureParts Value)[] Kinds =
    [
        ("cls", FeatureParts.Cls), ("registers", FeatureParts.Registers), ("patches", FeatureParts.Patches),
        (FeaturePart.VisualTokens, FeatureParts.None),
    ];

    /// <summary>Reads the fields from <paramref name="text"/>, which answers null for a field that is absent.</summary>
    /// <exception cref="GridException">A value is not one the field takes; it is named.</exception>
    public static FeatureFields Read(Func<string, string?> text)
    {
        ArgumentNullException.ThrowIfNull(text);
        FeatureFields standard = new();
        string? outputs = text("outputs");
        return new()
        {
            Layers = text("layers") is { } layers ? LayersOf(layers) : standard.Layers,
            Parts = outputs is null ? standard.Parts : PartsOf(outputs),
            VisualTokens = outputs?.Split(',', StringSplitOptions.TrimEntries).Contains(FeaturePart.VisualTokens) ?? false,
            Tiling = text("tiling") is { } tiling ? ReadTiling(tiling) : null,
            Norm = Choice("norm", text, Norms),
            Layout = Choice("layout", text, Layouts),
            Type = Choice("dtype", text, Types),
        };
    }

    /// <summary>Reads fields that stand in one line, such as <c>layers=2,-1;outputs=cls,patches;dtype=fp16</c>.</summary>
    /// <exception cref="FormatException">One of them is none, stands there twice, or has a value that it does not take.</exception>
    public static FeatureFields Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        Dictionary<string, string> fields = [];
        foreach (string field in line.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] pair = field.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length != 2 || !Names.Contains(pair[0]) || !fields.TryAdd(pair[0], pair[1]))
            {
                throw new FormatException(
                    $"'{QuotedText.Short(field)}' is not one of {string.Join(", ", Names.Select(name => name + "=…"))}, each once");
            }
        }
        try
        {
            return Read(fields.GetValueOrDefault);
        }
        catch (GridException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    /// <summary>Writes fields into one line, which <see cref="Parse"/> reads; equal for fields that ask for the same.</summary>
    public static string Write(FeatureFields fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        List<string> written = [];
        if (fields.Parts != FeatureParts.None)
        {
            written.Add($"layers={(fields.Layers is { } layers ? string.Join(',', layers.Distinct().Order()) : "all")}");
            written.Add($"norm={Name(Norms, fields.Norm)}");
            written.Add($"layout={Name(Layouts, fields.Layout)}");
        }
        IEnumerable<string> outputs = Kinds.Where(kind => (fields.Parts & kind.Value) != 0).Select(kind => kind.Name);
        written.Insert(0, $"outputs={string.Join(',', fields.VisualTokens ? outputs.Append(FeaturePart.VisualTokens) : outputs)}");
        written.Add($"dtype={Name(Types, fields.Type)}");
        if (fields.Tiling is { } tiling)
        {
            string thumbnail = tiling.Thumbnail ? "true" : "false";
            written.Add(string.Create(CultureInfo.InvariantCulture, $"tiling={tiling.Min},{tiling.Max},{thumbnail}"));
        }
        return string.Join(';', written);
    }

    /// <summary>Reads a tiling, such as <c>1,12,true</c>.</summary>
    /// <exception cref="GridException">It is none.</exception>
    public static ImageTiling ReadTiling(string text)
    {
        try
        {
            return ImageTiling.Parse(text);
        }
        catch (ArgumentException exception)
        {
            string message = exception.ParamName is null ? exception.Message : exception.Message.Split(" (Parameter '")[0];
            throw Refused("tiling", message);
        }
    }

    private static int[]? LayersOf(string text)
    {
        if (text == "all")
            return null;
        string[] parts = text.Split(',');
        if (parts.Length > MaxLayers)
            throw Refused("layers", $"layers names {parts.Length} layers; it takes at most {MaxLayers}");
        return Array.ConvertAll(parts, part =>
            int.TryParse(part, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture, out int layer)
                ? layer
                : throw Refused(
                    "layers", $"layers has '{QuotedText.Short(part)}' in it; it takes whole numbers such as [4, -1], or \"all\""));
    }

    private static FeatureParts PartsOf(string text)
    {
        FeatureParts parts = FeatureParts.None;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int kind = Array.FindIndex(Kinds, known => known.Name == part);
            parts |= kind >= 0 ? Kinds[kind].Value : throw Refused(
                "outputs",
                $"outputs has '{QuotedText.Short(part)}' in it; it takes some of {NamesOf(Kinds)} (default patches)");
        }
        return parts;
    }

    private static T Choice<T>(string name, Func<string, string?> text, (string Name, T Value)[] choices)
    {
        if (text(name) is not { } given)
            return choices[0].Value;
        int choice = Array.FindIndex(choices, known => known.Name == given);
        return choice >= 0 ? choices[choice].Value : throw Refused(
            name, $"{name} is '{QuotedText.Short(given)}'; it takes one of {NamesOf(choices)} (default {choices[0].Name})");
    }

    private static string NamesOf<T>((string Name, T Value)[] choices) => string.Join(", ", choices.Select(choice => choice.Name));

    private static string Name<T>((string Name, T Value)[] choices, T value) =>
        choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Name;

    private static GridException Refused(string field, string message) => new(GridFault.InvalidRequest, message) { Field = field };
}

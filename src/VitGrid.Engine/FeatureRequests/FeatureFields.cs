using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FeatureRequests;

/// <summary>Which layers pass the norm that follows the last block, in models that have one.</summary>
public enum FeatureNorm
{
    /// <summary>The last one, as the model itself gives it.</summary>
    Last,

    /// <summary>All that are asked for.</summary>
    All,

    /// <summary>None.</summary>
    None,
}

/// <summary>What a request for features says beside what every request for images says.</summary>
public sealed record FeatureFields
{
    /// <summary>Hidden states as they were asked for, negative ones counted from the end; null: all.</summary>
    public IReadOnlyList<int>? Layers { get; init; } = [-1];

    /// <summary>Which tokens.</summary>
    public FeatureParts Parts { get; init; } = FeatureParts.Patches;

    /// <summary>Whether the tokens that the model's projector makes of an image are asked for.</summary>
    public bool VisualTokens { get; init; }

    /// <summary>Into how many tiles each image is cut; null: into none.</summary>
    public ImageTiling? Tiling { get; init; }

    /// <summary>Which layers pass the last norm.</summary>
    public FeatureNorm Norm { get; init; }

    /// <summary>How patch tokens lie.</summary>
    public FeatureLayout Layout { get; init; }

    /// <summary>Element type.</summary>
    public FeatureType Type { get; init; }

    /// <summary>What the fields ask of images of <paramref name="model"/>.</summary>
    /// <exception cref="GridException">The model has not what is asked for.</exception>
    public FeatureOrder ToOrder(ModelInfo model)
    {
        ArgumentNullException.ThrowIfNull(model);
        int depth = model.Architecture.Depth;
        if (Layers?.FirstOrDefault(layer => layer < -(depth + 1) || layer > depth) is { } wrong and not 0)
            throw Refused("layers", RefusalText.NoSuchLayer(model, wrong));
        FeatureShape shape = model.FeatureShape;
        if ((Parts & FeatureParts.Registers) != 0 && shape.Registers == 0)
            throw Refused("outputs", $"outputs names registers, which model '{model.Name}' has not; send {Kinds(shape)}");
        if ((Parts & FeatureParts.Cls) != 0 && shape.ClassTokens == 0)
            throw Refused("outputs", $"outputs names cls, a class token, which model '{model.Name}' has not; send {Kinds(shape)}");
        if (Tiling is not null && (!VisualTokens || Parts != FeatureParts.None))
            throw Refused("tiling", "tiling is for visual tokens alone; send outputs [\"visual_tokens\"] with it");
        if (VisualTokens && model.VisualTokens is null)
            throw Refused("outputs", $"outputs names visual_tokens, for which model '{model.Name}' {LackOf(model)}");
        IEnumerable<int> asked = Layers ?? Enumerable.Range(0, depth + 1);
        return new()
        {
            Layers = Parts == FeatureParts.None ? [] : [.. asked.Select(layer => layer < 0 ? layer + depth + 1 : layer)
                .ToImmutableSortedSet()],
            Parts = Parts,
            NormedFrom = !model.Architecture.FinalNorm ? int.MaxValue : Norm switch
            {
                FeatureNorm.Last => depth,
                FeatureNorm.All => 0,
                _ => int.MaxValue,
            },
            VisualLayer = VisualTokens ? model.VisualTokens!.Layer : null,
            Layout = Layout,
            Type = Type,
        };
    }

    private static string LackOf(ModelInfo model) => model.VisualTokensFault is { } fault
        ? $"has a projector that is not served: {fault}"
        : "has no projector: serve the folder of a chat model, whose mlp1 or multi_modal_projector makes them";

    private static string Kinds(FeatureShape shape) => string.Join(", ",
        ((ReadOnlySpan<string>)[shape.ClassTokens > 0 ? "cls" : "", shape.Registers > 0 ? "registers" : "", "patches"]).ToArray()
            .Where(kind => kind.Length > 0));

    private static GridException Refused(string field, string message) => new(GridFault.InvalidRequest, message) { Field = field };
}

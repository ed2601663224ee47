using System.Collections.Immutable;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Towers;

/// <summary>Makes an encoder of a layout: every tensor checked, every weight in its place.</summary>
internal static class TowerReader
{
    /// <summary>Reads the encoder.</summary>
    /// <param name="files">The checkpoint.</param>
    /// <param name="plan">What its family found.</param>
    /// <exception cref="Tensors.CheckpointException">A tensor is missing, quantised or of another shape.</exception>
    public static EncoderModel Read(CheckpointFiles files, TowerPlan plan)
    {
        TowerLayout layout = plan.Layout;
        StoredTensor[] tensors = [.. layout.Tensors()];
        ExpectedTensor[] expected = [.. tensors.Select(tensor => tensor.Tensor)];
        TensorStore store = files.Store;
        QuantisedTower.Refuse(files, layout.Names.Owns);
        TensorCheck.RequireAll(store, expected, layout.Depth, plan.Config.Depth);
        TensorCheck.RequireShapesAndTypes(store, expected);
        EncoderArchitecture architecture = Architecture(plan);
        return new()
        {
            Naming = layout.Names.Naming,
            Architecture = architecture,
            Weights = new TowerBinder(store.Tensors, tensors).Bind(layout.Depth),
            Preprocessing = plan.Preprocessing(architecture),
            Logits = plan.Logits,
            Tensors = expected,
            Store = store,
            Tower = plan.Facts,
            Outputs = plan.Outputs,
            PooledNames = plan.PooledNames.ToImmutableDictionary(),
        };
    }

    private static EncoderArchitecture Architecture(TowerPlan plan)
    {
        TowerLayout layout = plan.Layout;
        return new()
        {
            Width = layout.Width,
            Depth = layout.Depth,
            Heads = layout.Heads,
            MlpWidth = layout.MlpWidth,
            PatchSize = layout.PatchSize,
            ImageSize = ImageSize(plan),
            ContextLength = layout.Context,
            VocabularySize = layout.Vocabulary,
            CarriesPooledRow = plan.Facts.Text is { PoolsByIds: true },
            Norm = plan.Norm,
            NormEpsilon = plan.Config.Epsilon,
            QueryKeyNorm = false,
            QueryKeyNormEpsilon = 0,
            Interpolation = plan.Interpolation,
            PrefixTokens = layout.PrefixTokens,
            FinalNorm = layout.FinalNorm,
            GatedMlp = layout.Gated,
            Poolings = plan.Poolings,
        };
    }

    /// <summary>What is stated, if positions are for as many patches: 384 pixels and a patch of 14 have a grid of 27.</summary>
    private static int ImageSize(TowerPlan plan) =>
        plan.Config.ImageSize is { } stated && stated.Value / plan.Layout.PatchSize == plan.Layout.Grid
            ? stated.Value
            : plan.Layout.Grid * plan.Layout.PatchSize;
}

/// <summary>What a family found out about a checkpoint.</summary>
internal sealed record TowerPlan
{
    public required TowerLayout Layout { get; init; }

    public required TowerConfig Config { get; init; }

    public required TowerFacts Facts { get; init; }

    public NormKind Norm { get; init; } = NormKind.LayerNorm;

    public required PositionInterpolation Interpolation { get; init; }

    public required PoolingFacts Poolings { get; init; }

    public required Func<EncoderArchitecture, ImagePreprocessing> Preprocessing { get; init; }

    /// <summary>How texts and images are held against each other; null where nothing says so.</summary>
    public LogitFacts? Logits { get; init; }

    /// <summary>Published names of poolings.</summary>
    public IReadOnlyDictionary<string, Pooling> PooledNames { get; init; } = new Dictionary<string, Pooling>();

    /// <summary>What the last segment gives out on request.</summary>
    public ImmutableArray<EncoderOutput> Outputs { get; init; } = [];
}

using System.Text.Json.Nodes;
using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Towers;

/// <summary>What a config claims of a text tower.</summary>
/// <param name="Tower">Shape, function and epsilon.</param>
/// <param name="Vocabulary">Tokens of the table.</param>
/// <param name="Context">Positions.</param>
/// <param name="Facts">Mask and pooling.</param>
internal sealed record TextConfig(TowerConfig Tower, Claim<int> Vocabulary, Claim<int> Context, TextTowerFacts Facts)
{
    /// <summary>Whether the class calls the vector itself the pooled one, and not the row before the projection.</summary>
    public bool PoolsLast { get; init; }

    /// <summary>Reads the keys that transformers' classes share.</summary>
    public static TextConfig Read(JsonSection section, TowerDefaults defaults, int vocabulary, int context, TextTowerFacts facts) => new(
        TowerConfig.Read(section, defaults),
        section.Claim("vocab_size", section.Integer("vocab_size"), vocabulary),
        section.Claim("max_position_embeddings", section.Integer("max_position_embeddings"), context),
        facts);
}

/// <summary>The projection that ends a text tower.</summary>
/// <param name="Weight">Its name.</param>
/// <param name="Bias">The name of its bias; null: it has none.</param>
/// <param name="ByColumns">Whether it is stored as [in, out].</param>
internal sealed record TextProjection(string Weight, string? Bias = null, bool ByColumns = false);

/// <summary>Reads the text tower of a checkpoint: every tensor checked, every weight in its place.</summary>
internal sealed class TextTowerReader(CheckpointFiles files, IReadOnlyList<TowerNames> schemes)
{
    /// <summary>The pooled row before the projection, [B, D].</summary>
    public const string Pooled = "text_pooled";

    /// <summary>The scheme whose table of tokens is stored; null: there is no text tower.</summary>
    public TowerNames? Find() => schemes.FirstOrDefault(names => files.Store.Tensors.ContainsKey(TableOf(names)));

    /// <summary>Reads the tower.</summary>
    /// <param name="config">What the config claims.</param>
    /// <param name="names">What <see cref="Find"/> gave.</param>
    /// <param name="projection">What ends it; null: nothing does.</param>
    /// <param name="logits">How its vectors are held against images'.</param>
    /// <exception cref="CheckpointException">A tensor is missing or of another shape, or the config denies what a shape says.</exception>
    public EncoderModel Read(TextConfig config, TowerNames names, TextProjection? projection, LogitFacts? logits)
    {
        TowerLayout layout = new TextSurvey(files.Store, names, config).Read();
        RequireCountable(layout, config);
        int width = projection is null ? layout.Width : OutputsOf(projection);
        layout = layout with { Head = projection is null ? [] : [.. HeadOf(projection, layout.Width, width)] };
        return TowerReader.Read(files, new()
        {
            Layout = layout,
            Config = config.Tower,
            Interpolation = PositionInterpolation.Fixed,
            Facts = new()
            {
                Function = config.Tower.Function,
                Text = config.Facts,
                ProjectionByColumns = projection is { ByColumns: true },
            },
            Poolings = new() { ClassToken = false, HeadWidth = width, Default = Pooling.Head },
            Preprocessing = _ => new(ResizeMode.Squash, layout.Context, 1, [0, 0, 0], [1, 1, 1])
            {
                Samples = PixelType.TokenId,
                Source = "token ids",
            },
            PooledNames = NamesOf(config),
            Outputs = config.PoolsLast ? [] : [new(Pooled, OutputRows.Image, layout.Width)],
            Logits = logits,
        });
    }

    /// <summary>
    /// The stored scale and bias of logits; null where there is no scale. Only models that are trained pair by pair have a bias.
    /// </summary>
    public static LogitFacts? ReadLogits(TensorStore store)
    {
        if (Number(store, "logit_scale") is not { } scale)
            return null;
        double? bias = Number(store, "logit_bias");
        // What JSON has no number for is no scale either.
        return double.IsFinite(Math.Exp(scale)) && double.IsFinite(bias ?? 0)
            ? new(Math.Exp(scale), bias ?? 0, bias is null ? ScoreFunction.Softmax : ScoreFunction.Sigmoid)
            : null;
    }

    /// <summary>A text tower's shape, as published: MLPs of four times the width, where nothing else is said.</summary>
    public static EncoderArchitecture Published(
        int width, int depth, int heads, int vocabulary, int context, int projection, float epsilon, int? mlpWidth = null) => new()
    {
        Width = width,
        Depth = depth,
        Heads = heads,
        MlpWidth = mlpWidth ?? 4 * width,
        PatchSize = 1,
        ImageSize = 0,
        Norm = NormKind.LayerNorm,
        NormEpsilon = epsilon,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 0,
        Interpolation = PositionInterpolation.Fixed,
        PrefixTokens = 0,
        ContextLength = context,
        VocabularySize = vocabulary,
        FinalNorm = true,
        Poolings = new() { ClassToken = false, HeadWidth = projection, Default = Pooling.Head },
    };

    /// <summary>
    /// The tensors of a random text tower, and of the scale, and perhaps the bias, that both towers' vectors are compared with.
    /// </summary>
    public static IReadOnlyList<ExpectedTensor> RandomTensors(
        TowerNames names, EncoderArchitecture text, TextProjection projection, params string[] logits) =>
    [
        .. (TowerLayout.From(names, text) with { Head = [.. HeadOf(projection, text.Width, text.Poolings.HeadWidth)] })
            .Tensors().Select(tensor => tensor.Tensor),
        .. logits.Select(name => new ExpectedTensor(name, WeightKind.NormWeight, [1])),
    ];

    /// <summary>The keys of a text tower's config that transformers' classes share.</summary>
    public static JsonObject RandomConfig(string modelType, EncoderArchitecture text, MlpFunction function, int endId) => new()
    {
        ["model_type"] = modelType,
        ["hidden_act"] = TowerConfig.Name(function),
        ["hidden_size"] = text.Width,
        ["intermediate_size"] = text.MlpWidth,
        ["layer_norm_eps"] = text.NormEpsilon,
        ["max_position_embeddings"] = text.ContextLength,
        ["num_attention_heads"] = text.Heads,
        ["num_hidden_layers"] = text.Depth,
        ["projection_size"] = text.Poolings.HeadWidth,
        ["vocab_size"] = text.VocabularySize,
        ["eos_token_id"] = endId,
    };

    /// <summary>Whether a tensor says how texts and images are held against each other.</summary>
    public static bool IsLogits(string name) => name is "logit_scale" or "logit_bias";

    /// <summary>The name of a scheme's table of tokens.</summary>
    public static string TableOf(TowerNames names) => names.Outer(StoredTensor.WeightOf(names.PatchEmbedding));

    private static Dictionary<string, Pooling> NamesOf(TextConfig config)
    {
        Dictionary<string, Pooling> names = new() { ["text_embeds"] = Pooling.Head };
        if (config.PoolsLast)
            names.Add(Pooled, Pooling.Head);
        return names;
    }

    private static double? Number(TensorStore store, string name)
    {
        if (!store.Tensors.TryGetValue(name, out TensorEntry? stored) || !FloatWidening.Reads(stored.Type))
            return null;
        WeightSlice slice = WeightSlice.Whole(stored);
        return slice.Elements == 1 ? store.FileOf(slice).ReadFloats(slice)[0] : null;
    }

    /// <summary>See <see cref="PooledRow"/>.</summary>
    private void RequireCountable(TowerLayout layout, TextConfig config)
    {
        if (layout.Context > PooledRow.MaxContext && config.Facts.PoolsByIds)
        {
            throw new CheckpointException(
                $"{files.Store.Source}: texts have {layout.Context} tokens; served are at most {PooledRow.MaxContext} where the pooled " +
                "one is found by its id");
        }
        if ((long)layout.Vocabulary * layout.Context > PooledRow.MaxScore && config.Facts.Pooling == TextPooling.HighestId)
        {
            throw new CheckpointException(
                $"{files.Store.Source}: {layout.Vocabulary} tokens by {layout.Context} positions are more than {PooledRow.MaxScore}, the " +
                "most among which the highest id is found exactly");
        }
    }

    private int OutputsOf(TextProjection projection) => files.Store.Tensors.TryGetValue(projection.Weight, out TensorEntry? stored)
        ? TensorCheck.Side(stored, 2, projection.ByColumns ? 1 : 0)
        : throw new CheckpointException(
            $"{files.Store.Source}: lacks {Shown.Text(projection.Weight)}, which makes vectors of texts; fetch all weight files of the " +
            "checkpoint");

    private static IEnumerable<StoredTensor> HeadOf(TextProjection projection, int width, int outputs)
    {
        long[] shape = projection.ByColumns ? [width, outputs] : [outputs, width];
        yield return new(new(projection.Weight, WeightKind.Matrix, [.. shape]), [Roles.Weight(Roles.HeadProjection)]);
        if (projection.Bias is { } bias)
            yield return new(new(bias, WeightKind.Bias, [outputs]), [Roles.Bias(Roles.HeadProjection)]);
    }
}

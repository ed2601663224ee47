using System.Collections.Immutable;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>
/// Reads the projector of a chat model, which stands beside its encoder under three sets of names. A checkpoint without one, or whose shard
/// with it is not there, is still an encoder: nothing here fails it.
/// </summary>
internal sealed class ProjectorReader(CheckpointFiles files, CheckpointConfig config, EncoderArchitecture architecture)
{
    private static readonly ImmutableArray<(string Norm, string First, string Second)> Names =
    [
        ("mlp1.0", "mlp1.1", "mlp1.3"),
        .. from prefix in (string[])["", "model."]
           let stem = prefix + "multi_modal_projector."
           select (stem + "layer_norm", stem + "linear_1", stem + "linear_2"),
    ];

    private IReadOnlyDictionary<string, TensorEntry> _tensors = files.Store.Tensors;

    /// <summary>The projector; null where there is none, and then why, if there is one that is not served.</summary>
    public (VisualProjector? Projector, string? Fault) Read()
    {
        if (Names.FirstOrDefault(names => files.Store.Names.Contains(TensorNames.Weight(names.Norm))) is not { Norm: not null } found)
            return (null, null);
        try
        {
            Find([.. new[] { found.Norm, found.First, found.Second }.SelectMany(
                stem => new[] { TensorNames.Weight(stem), TensorNames.Bias(stem) })]);
            return (Read(found.Norm, found.First, found.Second), null);
        }
        catch (CheckpointException exception)
        {
            return (null, exception.Message);
        }
    }

    private VisualProjector Read(string norm, string first, string second)
    {
        int side = Side();
        long width = (long)architecture.Width * side * side;
        long middle = TensorCheck.Side(_tensors[TensorNames.Weight(first)], rank: 2, axis: 0);
        long end = TensorCheck.Side(_tensors[TensorNames.Weight(second)], rank: 2, axis: 0);
        NormWeights normed = new(Weight(norm, width), Bias(norm, width));
        LinearWeights opened = new(Weight(first, middle, width), Bias(first, middle));
        return new()
        {
            Norm = normed,
            First = opened,
            Second = new(Weight(second, end, middle), Bias(second, end)),
            Layer = Layer(),
            Side = side,
            ByColumns = ByColumns(),
        };
    }

    /// <summary>Shards that hold no part of the encoder were not opened; entries outlive the files.</summary>
    private void Find(ImmutableHashSet<string> wanted)
    {
        if (wanted.All(files.Store.Tensors.ContainsKey))
            return;
        using TensorStore store = TensorStore.Open(files.Directory, _ => wanted.Contains);
        if (wanted.FirstOrDefault(name => !store.Tensors.ContainsKey(name)) is { } missing)
            throw new CheckpointException($"{store.Source}: lacks tensor {Shown.Text(missing)} of the projector");
        _tensors = wanted.ToDictionary(name => name, name => store.Tensors[name]);
    }

    private WeightSlice Weight(string stem, params ImmutableArray<long> shape) => Checked(TensorNames.Weight(stem), shape);

    private WeightSlice Bias(string stem, long width) => Checked(TensorNames.Bias(stem), [width]);

    private WeightSlice Checked(string name, ImmutableArray<long> shape)
    {
        TensorEntry tensor = _tensors[name];
        if (!tensor.Shape.SequenceEqual(shape))
            throw new CheckpointException($"{Shown.Tensor(tensor)}; a projector of this encoder has {Shown.Shape(shape)}");
        if (!FloatWidening.Reads(tensor.Type))
        {
            throw new CheckpointException(
                $"{Shown.Tensor(tensor)} is {Shown.Raw(tensor.TypeCode)}; a projector's must be F32, F16 or BF16");
        }
        return WeightSlice.Whole(tensor);
    }

    private int Side()
    {
        double ratio = config.File.Number("downsample_ratio") ?? 0.5, side = 1 / ratio;
        return side is >= 1 and <= 16 && double.IsInteger(side)
            ? (int)side
            : throw config.File.Refuse("downsample_ratio", "expected 1 divided by a whole number up to 16");
    }

    /// <summary>Counted from the end where negative: −1 is the output of the last block.</summary>
    private int Layer()
    {
        string key = config.Source == ConfigSource.Original ? "select_layer" : "vision_feature_layer";
        double stated = config.File.Number(key) ?? -1, layer = stated < 0 ? architecture.Depth + 1 + stated : stated;
        return double.IsInteger(layer) && layer >= 0 && layer <= architecture.Depth
            ? (int)layer
            : throw config.File.Refuse(key, $"this encoder has {architecture.Depth} blocks");
    }

    private bool ByColumns()
    {
        if (config.Source != ConfigSource.Original)
        {
            if (config.File.Text("vision_feature_select_strategy") is not (null or "default"))
                throw config.File.Refuse("vision_feature_select_strategy", "only \"default\", without the class token, is built");
            if (config.File.Text("projector_hidden_act") is not (null or "gelu"))
                throw config.File.Refuse("projector_hidden_act", "only \"gelu\" (exact, erf) is built");
            return false;
        }
        return config.File.Text("ps_version") switch
        {
            null or "v1" => true,
            "v2" => false,
            _ => throw config.File.Refuse("ps_version", "known are \"v1\" and \"v2\""),
        };
    }
}

using VitGrid.Model.Configs;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>What the names of the block tensors tell: how many blocks, and which optional parts they have.</summary>
internal sealed class BlockSurvey
{
    private const int MaxDepth = 1000;

    private readonly TensorStore _store;
    private readonly TensorNames _names;
    private readonly EncoderConfig _config;
    private readonly Dictionary<string, string> _firstByName = new(StringComparer.Ordinal);
    private readonly string? _last;
    private readonly int _blocks;

    private BlockSurvey(TensorStore store, TensorNames names, EncoderConfig config)
    {
        (_store, _names, _config) = (store, names, config);
        foreach (string name in store.Tensors.Keys)
        {
            if (names.Split(name) is not { } parts)
                continue;
            _firstByName.TryAdd(parts.Name, name);
            if (parts.Block < _blocks)
                continue;
            (_last, _blocks) = (name, parts.Block + 1);
        }
    }

    /// <summary>A layout without dimensions, held against the config.</summary>
    public static EncoderLayout Layout(TensorStore store, TensorNames names, EncoderConfig config)
    {
        var survey = new BlockSurvey(store, names, config);
        Claim<bool>? layerNorm = Map(config.Norm, norm => norm == NormKind.LayerNorm);
        return new EncoderLayout
        {
            Depth = survey.Depth(),
            NormBias = survey.Has(TensorNames.Bias(names.Norm1), "the norm is LayerNorm, with a bias", layerNorm),
            QueryKeyNorm = survey.Has(TensorNames.Weight(names.QueryNorm), "q and k are normed", config.QueryKeyNorm),
            QueryKeyValueBias = survey.Has(TensorNames.Bias(names.QueryKeyValue[0]), "q, k and v have a bias", config.QueryKeyValueBias),
            LayerScale = names.Scheme != NamingScheme.Timm || survey.Has(names.LayerScale1, "there is layer scale", config.LayerScale),
        };
    }

    private static Claim<bool>? Map<T>(Claim<T>? claim, Func<T, bool> map) =>
        claim is null ? null : new(map(claim.Value), claim.Stated, claim.Text);

    /// <summary>Fewer blocks than claimed are left to the list of missing tensors, which names them.</summary>
    private int Depth()
    {
        if (_blocks > MaxDepth)
        {
            throw new CheckpointException(
                $"{_store.Source}: tensor {Shown.Text(_last!)} would make {_blocks} blocks; the limit is {MaxDepth}: the file is damaged");
        }
        if (_config.Depth is not { } depth)
            return Math.Max(_blocks, 1);
        if (depth.Value is < 1 or > MaxDepth)
            throw new CheckpointException($"{depth.Text}; the number of blocks must lie between 1 and {MaxDepth}: correct the config");
        return _blocks <= depth.Value
            ? depth.Value
            : throw new CheckpointException(
                $"{Shown.Tensor(_store.Tensors[_last!])} and makes {_blocks} blocks, but {depth.Text}; {TensorCheck.Remedy}");
    }

    private bool Has(string part, string meaning, Claim<bool>? claim)
    {
        bool present = _firstByName.TryGetValue(part, out string? name);
        if (claim is null || claim.Value == present || _blocks == 0)
            return claim?.Value ?? present;
        throw new CheckpointException(present
            ? $"{Shown.Tensor(_store.Tensors[name!])}, which says that {meaning}, but {claim.Text}; {TensorCheck.Remedy}"
            : $"{_store.Source}: tensor {Shown.Text(_names.Inner(0, part))} is absent, " +
                $"which denies that {meaning}, but {claim.Text}; {TensorCheck.Remedy}");
    }
}

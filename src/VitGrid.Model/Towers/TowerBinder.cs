using System.Collections.Immutable;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Towers;

/// <summary>Gives each weight its place in the encoder by its role.</summary>
internal sealed class TowerBinder
{
    private static readonly HashSet<string> OuterMembers =
        ["class_token", "position_embedding", "patch_embedding.weight", "patch_embedding.bias"];

    private static readonly HashSet<string> BlockMembers =
    [
        .. new[]
            {
                "norm1", "query", "key", "value", "attention_norm", "projection", "layer_scale1", "norm2", "gate", "fc1", "mlp_norm",
                "fc2", "layer_scale2",
            }
            .SelectMany(role => new[] { Roles.Weight(role), Roles.Bias(role) }),
    ];

    private readonly List<(string Role, WeightSlice Slice)> _ordered = [];
    private readonly Dictionary<string, WeightSlice> _slices = new(StringComparer.Ordinal);

    /// <summary>Cuts the stored tensors into the slices of their roles.</summary>
    public TowerBinder(IReadOnlyDictionary<string, TensorEntry> stored, IEnumerable<StoredTensor> tensors)
    {
        foreach (StoredTensor tensor in tensors)
        {
            foreach ((int part, string role) in tensor.Roles.Index())
            {
                TensorEntry entry = stored[tensor.Tensor.Name];
                WeightSlice slice = tensor.Roles.Length == 1
                    ? WeightSlice.Whole(entry)
                    : WeightSlice.Rows(entry, part, tensor.Roles.Length);
                _ordered.Add((role, slice));
                _slices.Add(role, slice);
            }
        }
    }

    /// <summary>The encoder's weights.</summary>
    public EncoderWeights Bind(int depth) => new(
        Find("class_token"), Find("position_embedding"), Linear("patch_embedding"), [.. Enumerable.Range(0, depth).Select(Block)])
    {
        Others = Others(role => role.StartsWith("block.", StringComparison.Ordinal) || OuterMembers.Contains(role) ? null : role),
    };

    private BlockWeights Block(int index)
    {
        string prefix = FormattableString.Invariant($"block.{index}.");
        return new(
            Norm(prefix + "norm1")!,
            Linear(prefix + "query")!,
            Linear(prefix + "key")!,
            Linear(prefix + "value")!,
            QueryNorm: null,
            KeyNorm: null,
            Linear(prefix + "projection")!,
            Find(prefix + "layer_scale1.weight"),
            Norm(prefix + "norm2")!,
            Linear(prefix + "fc1")!,
            Linear(prefix + "fc2")!,
            Find(prefix + "layer_scale2.weight"))
        {
            Gate = Linear(prefix + "gate"),
            AttentionNorm = Norm(prefix + "attention_norm"),
            MlpNorm = Norm(prefix + "mlp_norm"),
            Others = Others(role => role.StartsWith(prefix, StringComparison.Ordinal) && !BlockMembers.Contains(role[prefix.Length..])
                ? role[prefix.Length..]
                : null),
        };
    }

    private ImmutableArray<RoleWeight> Others(Func<string, string?> own) =>
    [
        .. from weight in _ordered
           let role = own(weight.Role)
           where role is not null
           select new RoleWeight(role, weight.Slice),
    ];

    private NormWeights? Norm(string role) =>
        Find(Roles.Weight(role)) is { } weight ? new(weight, Find(Roles.Bias(role))) : null;

    private LinearWeights? Linear(string role) =>
        Find(Roles.Weight(role)) is { } weight ? new(weight, Find(Roles.Bias(role))) : null;

    private WeightSlice? Find(string role) => _slices.GetValueOrDefault(role);
}

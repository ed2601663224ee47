using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Towers;

/// <summary>A family of vision transformers that <see cref="Tower"/> builds.</summary>
internal abstract class TowerFamily : EncoderFamily
{
    /// <summary>The naming schemes of its checkpoints.</summary>
    protected abstract IEnumerable<TowerNames> Schemes { get; }

    /// <summary>The naming schemes of their text towers, if they have any.</summary>
    protected virtual IEnumerable<TowerNames> TextSchemes => [];

    /// <inheritdoc/>
    public override Func<string, bool> EncoderAmong(IReadOnlyCollection<string> tensors)
    {
        TowerNames[] found =
        [
            .. Schemes.Concat(TextSchemes).Where(names => tensors.Contains(names.Outer(StoredTensor.WeightOf(names.PatchEmbedding)))),
        ];
        return name => found.Any(names => names.Owns(name));
    }

    /// <inheritdoc/>
    public override void Build(GraphWriter graph, EncoderModel model, SegmentRequest request)
    {
        if (model.Architecture.ContextLength > 0)
            new TextTower(graph, model, request).Build();
        else
            new Tower(graph, model, request).Build();
    }

    /// <inheritdoc/>
    public override string Identity(EncoderModel model) => $"{base.Identity(model)}{model.Tower!.Describe()}\n" +
        $"{(model.Architecture.FinalNorm ? "final norm" : "no final norm")}\n";

    /// <inheritdoc/>
    public override EncoderCosts Costs(EncoderModel model, InputSize size)
    {
        BlockWeights block = model.Weights.Blocks[0];
        EncoderWeights outer = model.Weights with { Blocks = [] };
        EncoderWeights embedding = outer with { Others = outer.Others.RemoveAll(weight => Roles.IsBehindBlocks(weight.Role)) };
        return EncoderCosts.From(model.Architecture, size, block.Query.Bias is not null) with
        {
            EmbeddingParameters = Count(embedding),
            BlockParameters = Count(model.Weights with { Blocks = [block] }) - Count(outer),
            HeadParameters = Count(outer) - Count(embedding),
        };
    }

    /// <summary>The first scheme whose patch embedding and first block are stored.</summary>
    /// <exception cref="Tensors.CheckpointException">None is.</exception>
    protected TowerNames Detect(CheckpointFiles files) => TowerDetector.Detect(files.Store, [.. Schemes]);

    private static long Count(EncoderWeights weights) =>
        WeightRoles.Enumerate(weights).Sum(role => role.Slice.Shape.Aggregate(1L, (product, side) => product * side));
}

using System.Collections.Immutable;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Towers;

/// <summary>
/// Which tensors a vision transformer has, and their shapes: the numbers and the parts that its names leave open. For reading, checking and
/// writing alike.
/// </summary>
internal sealed record TowerLayout
{
    public required TowerNames Names { get; init; }

    public required int Width { get; init; }

    public required int Depth { get; init; }

    public required int Heads { get; init; }

    public required int MlpWidth { get; init; }

    public required int PatchSize { get; init; }

    /// <summary>Side of the grid that positions are stored for.</summary>
    public required int Grid { get; init; }

    /// <summary>Tokens of a text tower's table; 0: it is an image tower.</summary>
    public int Vocabulary { get; init; }

    /// <summary>Positions of a text tower.</summary>
    public int Context { get; init; }

    public bool ClassToken { get; init; } = true;

    public bool DistillationToken { get; init; }

    /// <summary>Register tokens.</summary>
    public int Registers { get; init; }

    /// <summary>Rows of the stored positions before the grid's: one for the class token, two with a distillation token, or none.</summary>
    public int PositionPrefix { get; init; } = 1;

    /// <summary>Whether positions are stored.</summary>
    public bool Position { get; init; } = true;

    /// <summary>Whether the patch embedding is stored as the matrix [D, 3·p·p].</summary>
    public bool PatchMatrix { get; init; }

    public bool PatchBias { get; init; } = true;

    public bool PatchNorm { get; init; }

    public bool PreNorm { get; init; }

    public bool FinalNorm { get; init; } = true;

    public bool NormBias { get; init; } = true;

    public bool QueryBias { get; init; } = true;

    public bool KeyBias { get; init; } = true;

    public bool ValueBias { get; init; } = true;

    public bool ProjectionBias { get; init; } = true;

    public bool MlpBias { get; init; } = true;

    public bool AttentionNorm { get; init; }

    public bool LayerScale { get; init; }

    public bool Gated { get; init; }

    public bool MlpNorm { get; init; }

    /// <summary>A table of relative positions in each block.</summary>
    public bool RelativePosition { get; init; }

    /// <summary>A table of relative positions that all blocks share.</summary>
    public bool SharedRelativePosition { get; init; }

    /// <summary>The tensors of the family's own pooling, with full names.</summary>
    public ImmutableArray<StoredTensor> Head { get; init; } = [];

    /// <summary>Tokens before the patches.</summary>
    public int PrefixTokens => (ClassToken ? 1 : 0) + (DistillationToken ? 1 : 0) + Registers;

    /// <summary>The layout of published checkpoints of a shape, in which nothing is unusual.</summary>
    public static TowerLayout From(TowerNames names, EncoderArchitecture architecture) => new()
    {
        Names = names,
        Width = architecture.Width,
        Depth = architecture.Depth,
        Heads = architecture.Heads,
        MlpWidth = architecture.MlpWidth,
        PatchSize = architecture.PatchSize,
        Grid = architecture.ImageSize / architecture.PatchSize,
        Vocabulary = architecture.VocabularySize,
        Context = architecture.ContextLength,
        ClassToken = architecture.Poolings.ClassToken,
        PositionPrefix = architecture.Poolings.ClassToken ? 1 : 0,
        Registers = architecture.PrefixTokens - (architecture.Poolings.ClassToken ? 1 : 0),
        PatchNorm = names.PatchNorm is not null,
        PreNorm = names.PreNorm is not null,
        FinalNorm = architecture.FinalNorm,
        NormBias = architecture.Norm == NormKind.LayerNorm,
        Gated = architecture.GatedMlp,
    };

    private long RelativeRows => ((2L * Grid) - 1) * ((2L * Grid) - 1) + 3;

    /// <summary>All tensors, outer ones first, then block by block, then the head's.</summary>
    public IEnumerable<StoredTensor> Tensors() =>
        (Vocabulary > 0 ? Texts() : Outer()).Concat(Enumerable.Range(0, Depth).SelectMany(Block)).Concat(Head);

    private IEnumerable<StoredTensor> Texts() =>
    [
        StoredTensor.Token(
            Names.Outer(StoredTensor.WeightOf(Names.PatchEmbedding)), Encoders.EncoderWeights.TokenEmbedding, Vocabulary, Width),
        StoredTensor.Token(Names.Outer(Names.Position!), "position_embedding", Context, Width),
        .. StoredTensor.Norm(Names.Outer(Names.FinalNorm!), Roles.FinalNorm, Width),
    ];

    private IEnumerable<StoredTensor> Outer()
    {
        if (ClassToken)
        {
            long[] shape = Names.ClassTokenRank == 1 ? [Width] : [1, 1, Width];
            yield return StoredTensor.Token(Names.Outer(Names.ClassToken!), "class_token", shape);
        }
        if (DistillationToken)
            yield return StoredTensor.Token(Names.Outer(Names.DistillationToken!), Roles.DistillationToken, 1, 1, Width);
        if (Registers > 0)
            yield return StoredTensor.Token(Names.Outer(Names.RegisterTokens!), Roles.RegisterTokens, 1, Registers, Width);
        if (Position)
        {
            long rows = PositionPrefix + ((long)Grid * Grid);
            long[] shape = Names.PositionRank == 2 ? [rows, Width] : [1, rows, Width];
            yield return StoredTensor.Token(Names.Outer(Names.Position!), "position_embedding", shape);
        }
        foreach (StoredTensor tensor in Patches())
            yield return tensor;
    }

    private IEnumerable<StoredTensor> Patches()
    {
        string stem = Names.Outer(Names.PatchEmbedding);
        ImmutableArray<long> shape = PatchMatrix ? [Width, 3L * PatchSize * PatchSize] : [Width, 3, PatchSize, PatchSize];
        yield return new(new(StoredTensor.WeightOf(stem), WeightKind.Matrix, shape), ["patch_embedding.weight"]);
        if (PatchBias)
            yield return new(new(StoredTensor.BiasOf(stem), WeightKind.Bias, [Width]), ["patch_embedding.bias"]);
        IEnumerable<StoredTensor>[] norms =
        [
            PatchNorm ? StoredTensor.Norm(Names.Outer(Names.PatchNorm!), Roles.PatchNorm, Width, NormBias) : [],
            PreNorm ? StoredTensor.Norm(Names.Outer(Names.PreNorm!), Roles.PreNorm, Width, NormBias) : [],
            FinalNorm ? StoredTensor.Norm(Names.Outer(Names.FinalNorm!), Roles.FinalNorm, Width, NormBias) : [],
            SharedRelativePosition
                ? [StoredTensor.Token(Names.Outer(Names.SharedRelativePosition!), Roles.RelativePosition, RelativeRows, Heads)]
                : [],
        ];
        foreach (StoredTensor tensor in norms.SelectMany(norm => norm))
            yield return tensor;
    }

    private IEnumerable<StoredTensor> Block(int index)
    {
        string Name(string name) => Names.Inner(index, name);
        string Role(string role) => FormattableString.Invariant($"block.{index}.{role}");
        IEnumerable<StoredTensor>[] groups =
        [
            StoredTensor.Norm(Name(Names.Norm1), Role("norm1"), Width, NormBias),
            QueryKeyValue(Name, Role),
            RelativePosition
                ? [StoredTensor.Token(Name(Names.RelativePosition!), Role(Roles.RelativePosition), RelativeRows, Heads)]
                : [],
            AttentionNorm ? StoredTensor.Norm(Name(Names.AttentionNorm!), Role("attention_norm"), Width) : [],
            StoredTensor.Linear(Name(Names.Projection), Width, Width, ProjectionBias, Role("projection")),
            LayerScale ? [StoredTensor.Scale(Name(Names.LayerScale1!), Role("layer_scale1"), Width)] : [],
            StoredTensor.Norm(Name(Names.Norm2), Role("norm2"), Width, NormBias),
            Mlp(Name, Role),
            LayerScale ? [StoredTensor.Scale(Name(Names.LayerScale2!), Role("layer_scale2"), Width)] : [],
        ];
        return groups.SelectMany(group => group);
    }

    private IEnumerable<StoredTensor> QueryKeyValue(Func<string, string> name, Func<string, string> role)
    {
        if (Names.QueryKeyValue is [var query, var key, var value])
        {
            return
            [
                .. StoredTensor.Linear(name(query), Width, Width, QueryBias, role("query")),
                .. StoredTensor.Linear(name(key), Width, Width, KeyBias, role("key")),
                .. StoredTensor.Linear(name(value), Width, Width, ValueBias, role("value")),
            ];
        }
        string[] roles = [role("query"), role("key"), role("value")];
        return Names.SeparateBiases is { } separate && QueryBias && !KeyBias
            ?
            [
                .. StoredTensor.Linear(name(Names.QueryKeyValue[0]), 3 * Width, Width, false, roles),
                new(new(name(separate.Query), WeightKind.Bias, [Width]), [role("query.bias")]),
                new(new(name(separate.Value), WeightKind.Bias, [Width]), [role("value.bias")]),
            ]
            : StoredTensor.Linear(name(Names.QueryKeyValue[0]), 3 * Width, Width, QueryBias, roles);
    }

    private IEnumerable<StoredTensor> Mlp(Func<string, string> name, Func<string, string> role)
    {
        IEnumerable<StoredTensor> first = (Gated, Names.Gate) switch
        {
            (true, null) => StoredTensor.Linear(name(Names.Fc1), 2 * MlpWidth, Width, MlpBias, role("gate"), role("fc1")),
            (true, { } gate) =>
            [
                .. StoredTensor.Linear(name(gate), MlpWidth, Width, MlpBias, role("gate")),
                .. StoredTensor.Linear(name(Names.Fc1), MlpWidth, Width, MlpBias, role("fc1")),
            ],
            _ => StoredTensor.Linear(name(Names.Fc1), MlpWidth, Width, MlpBias, role("fc1")),
        };
        return
        [
            .. first,
            .. MlpNorm ? StoredTensor.Norm(name(Names.MlpNorm!), role("mlp_norm"), MlpWidth) : [],
            .. StoredTensor.Linear(name(Names.Fc2), Width, MlpWidth, MlpBias, role("fc2")),
        ];
    }
}

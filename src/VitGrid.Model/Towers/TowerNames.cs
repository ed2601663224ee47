using System.Collections.Immutable;
using System.Globalization;

namespace VitGrid.Model.Towers;

/// <summary>
/// A naming scheme as data: what each weight of a vision transformer is called; a part that has no name here is one that no encoder of the
/// scheme has. Linear layers and norms are named by their stem. Names inside a block follow <see cref="Block"/>, its number and a dot.
/// </summary>
internal sealed record TowerNames
{
    /// <summary>Whose names they are, for people.</summary>
    public required string Naming { get; init; }

    /// <summary>What stands before every name.</summary>
    public string Prefix { get; init; } = "";

    public string? ClassToken { get; init; }

    /// <summary>Dimensions of the stored class token.</summary>
    public int ClassTokenRank { get; init; } = 3;

    public string? DistillationToken { get; init; }

    public string? RegisterTokens { get; init; }

    public string? Position { get; init; }

    /// <summary>Dimensions of the stored positions.</summary>
    public int PositionRank { get; init; } = 3;

    /// <summary>What turns an input into rows: an image tower's patch embedding, a text tower's table of tokens.</summary>
    public required string PatchEmbedding { get; init; }

    public string? PatchNorm { get; init; }

    public string? PreNorm { get; init; }

    public string? FinalNorm { get; init; }

    /// <summary>A table of relative positions that all blocks share.</summary>
    public string? SharedRelativePosition { get; init; }

    public required string Block { get; init; }

    public required string Norm1 { get; init; }

    /// <summary>One stem for rows q, k, v of one matrix, or three.</summary>
    public required ImmutableArray<string> QueryKeyValue { get; init; }

    /// <summary>Names of the biases of q and v beside one matrix; null where biases are the stem's.</summary>
    public (string Query, string Value)? SeparateBiases { get; init; }

    public string? RelativePosition { get; init; }

    public string? AttentionNorm { get; init; }

    public required string Projection { get; init; }

    public string? LayerScale1 { get; init; }

    public required string Norm2 { get; init; }

    /// <summary>The gate's stem; null where its rows are the first half of <see cref="Fc1"/>, in gated MLPs.</summary>
    public string? Gate { get; init; }

    public required string Fc1 { get; init; }

    public string? MlpNorm { get; init; }

    public required string Fc2 { get; init; }

    public string? LayerScale2 { get; init; }

    /// <summary>Names, without prefix, with which what belongs to the family's own pooling begins.</summary>
    public ImmutableArray<string> Head { get; init; } = [];

    /// <summary>Full name of a weight outside the blocks.</summary>
    public string Outer(string name) => Prefix + name;

    /// <summary>Full name of a weight of block <paramref name="block"/>.</summary>
    public string Inner(int block, string name) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Block}{block}.{name}");

    /// <summary>Whether <paramref name="name"/> belongs to the encoder, though it may not be one that is read.</summary>
    public bool Owns(string name) => BlockOf(name) is not null || OuterNames().Any(outer => IsOrExtends(name, Prefix + outer));

    /// <summary>The number of the block that <paramref name="name"/> belongs to; null when it is not a block's.</summary>
    public int? BlockOf(string name)
    {
        string start = Prefix + Block;
        int dot = name.StartsWith(start, StringComparison.Ordinal) ? name.IndexOf('.', start.Length) : -1;
        return dot > 0 && int.TryParse(name[start.Length..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int block)
            ? block
            : null;
    }

    private IEnumerable<string> OuterNames() => new[]
    {
        ClassToken, DistillationToken, RegisterTokens, Position, PatchEmbedding, PatchNorm, PreNorm, FinalNorm, SharedRelativePosition,
    }.OfType<string>().Concat(Head);

    private static bool IsOrExtends(string name, string stem) =>
        name.StartsWith(stem, StringComparison.Ordinal) && (name.Length == stem.Length || name[stem.Length] is '.' or '_');
}

using VitGrid.Model.Encoders;

namespace VitGrid.Model.Towers.Timm;

/// <summary>
/// What the name of one of timm's architectures says that neither tensors nor the published config do: timm's hub configs state no
/// arguments.
/// </summary>
internal sealed record TimmArchitecture
{
    /// <summary>The architecture's name, without the tag after its dot.</summary>
    public required string Name { get; init; }

    public required int Heads { get; init; }

    public double Epsilon { get; init; } = 1e-6;

    public MlpFunction Function { get; init; }

    public NormKind Norm { get; init; } = NormKind.LayerNorm;

    /// <summary><c>token</c>, <c>avg</c> or <c>map</c>.</summary>
    public string Pool { get; init; } = "token";

    /// <summary>Side of its images.</summary>
    public int ImageSize { get; init; } = 224;

    public bool PatchNorm { get; init; }

    public bool PreNorm { get; init; }

    /// <summary>Whether a norm follows the last block where the mean is not normed instead.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>Whether blocks must have a layer scale.</summary>
    public bool LayerScale { get; init; }

    /// <summary>Whether a stored <c>head</c> is a projection into a space shared with texts, not a classifier.</summary>
    public bool Projects { get; init; }

    public RotaryFacts? Rotary { get; init; }

    /// <summary>Heads of its attention that pools; 0: as many as a block's.</summary>
    public int PoolHeads { get; init; }

    /// <summary>Heads by the word for the size in a name; 0 where there is none.</summary>
    public static int HeadsOf(string name) => name.Split('_').Select(word => word switch
    {
        "tiny" => 3,
        "xsmall" => 4,
        "small" => 6,
        "medium" => 8,
        "betwixt" => 10,
        "base" => 12,
        "large" or "huge" or "giant" or "gigantic" or "so400m" or "giantopt" => 16,
        _ => 0,
    }).Max();

    /// <summary>The number that follows the last underscore: the side of its images.</summary>
    public static int ImageSizeOf(string name) =>
        int.TryParse(name[(name.LastIndexOf('_') + 1)..], out int size) && size > 0 ? size : 224;
}

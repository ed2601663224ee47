namespace VitGrid.Runtime.Images;

/// <summary>What decoding an image takes, known from its header. An upper bound, not a forecast.</summary>
/// <param name="Bytes">Memory held at its peak, in bytes: pixels, what the format's library buffers, a copy of the file.</param>
/// <param name="Work">Samples that are visited: pixels × components, again for each scan.</param>
public readonly record struct DecodeCost(long Bytes, long Work)
{
    /// <summary>Samples that take a third of a second or so of one core: those of a baseline JPEG of 33 megapixels.</summary>
    public const long LightWork = 100_000_000;

    /// <summary>Whether it takes so long that others must not wait for it.</summary>
    public bool IsLong => Work > LightWork;

    /// <summary>Into which tiles it is cut; no columns and rows where the profile asks for none.</summary>
    public TileGrid Grid { get; init; }

    /// <summary>Encoder inputs that it becomes, each of the profile's size; at least one.</summary>
    public int Inputs => Math.Max(Grid.Inputs, 1);
}

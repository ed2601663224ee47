using System.Globalization;
using VitGrid.Model.Encoders;

namespace VitGrid.Runtime.Images;

/// <summary>
/// InternVL's dynamic tiling: an image becomes a grid of square tiles, as many columns and rows as come nearest to its aspect ratio, and
/// a thumbnail of the whole behind them where there is more than one.
/// </summary>
/// <param name="Min">Fewest tiles, the thumbnail not counted.</param>
/// <param name="Max">Most tiles, the thumbnail not counted; at most <see cref="MaxTiles"/>.</param>
/// <param name="Thumbnail">Whether there is a thumbnail.</param>
public sealed record ImageTiling(int Min, int Max, bool Thumbnail)
{
    /// <summary>Most tiles of one image that can be asked for.</summary>
    public const int MaxTiles = 64;

    /// <summary>Characters of a text that a message shows.</summary>
    private const int MaxShown = 48;

    /// <summary>What InternVL's processors do unless they are told otherwise: 1 to 12 tiles and a thumbnail.</summary>
    public static ImageTiling Default { get; } = new(1, 12, true);

    /// <summary>Reads <c>min,max,thumbnail</c>, such as <c>1,12,true</c>; the thumbnail may be left out and is there then.</summary>
    /// <exception cref="ArgumentException">It is none; the message says what one is.</exception>
    public static ImageTiling Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',');
        bool thumbnail = true;
        if (parts.Length is not (2 or 3)
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int min)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int max)
            || (parts.Length == 3 && !bool.TryParse(parts[2], out thumbnail)))
            throw new ArgumentException(
                $"tiling '{(text.Length > MaxShown ? text[..MaxShown] + "…" : text)}' is none; write min,max,thumbnail, such as 1,12,true",
                nameof(text));
        ImageTiling tiling = new(min, max, thumbnail);
        tiling.CheckRange();
        return tiling;
    }

    /// <summary>Most encoder inputs that an image becomes, the thumbnail among them.</summary>
    public int MaxInputs => Max + (Thumbnail && Max > 1 ? 1 : 0);

    /// <summary>For cache keys: <c>1-12t</c>.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Min}-{Max}{(Thumbnail ? "t" : "")}");

    /// <summary>Chooses the grid of an image, upright, of <paramref name="width"/> × <paramref name="height"/> pixels.</summary>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="tile">Side of a tile, in pixels.</param>
    /// <remarks>
    /// transformers' <c>get_optimal_tiled_canvas</c>, in its order: grids by number of tiles, then by columns. Of two that are equally near
    /// to the aspect ratio the later one is taken where the image has more than half of its pixels.
    /// </remarks>
    public TileGrid GridFor(int width, int height, int tile)
    {
        double ratio = (double)width / height;
        double area = (double)width * height;
        TileGrid best = new(1, 1, Thumbnail);
        double nearest = double.PositiveInfinity;
        for (int tiles = Min; tiles <= Max; tiles++)
        {
            for (int columns = 1; columns <= tiles; columns++)
            {
                if (tiles % columns != 0)
                    continue;
                double difference = Math.Abs(ratio - ((double)columns / (tiles / columns)));
                if (difference < nearest || (difference == nearest && area > 0.5 * tile * tile * tiles))
                    (best, nearest) = (new(columns, tiles / columns, Thumbnail), difference);
            }
        }
        return best;
    }

    /// <summary>Holds this against its range and the profile it stands in.</summary>
    /// <exception cref="ArgumentException">Out of range, or beside a profile that cannot be tiled.</exception>
    internal void Validate(PreprocessProfile profile)
    {
        CheckRange();
        if (profile.Mode != ResizeMode.Squash || profile.Edge is not null || profile.Size.Height != profile.Size.Width)
            throw new ArgumentException($"profile {profile.Key} cannot be tiled; tiles are squashed to a square without a margin");
        if (profile.Size.Samples != PixelType.Byte)
            throw new ArgumentException(
                $"profile {profile.Name} is of a checkpoint whose images are resized in floating point; such images are not cut into "
                + "tiles: leave tiling out");
    }

    private void CheckRange()
    {
        if (Min < 1 || Max < Min || Max > MaxTiles)
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"tiling of {Min} to {Max} tiles is out of range; both must be at least 1 and at most {MaxTiles}, the first not above the "
                + $"second"));
    }
}

/// <summary>The tiles of one image, in the order in which their pixels lie: row by row, the thumbnail last.</summary>
/// <param name="Columns">Tiles of a row.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Thumbnail">Whether a thumbnail follows where there is more than one tile.</param>
public readonly record struct TileGrid(int Columns, int Rows, bool Thumbnail)
{
    /// <summary>Whether the last input is a thumbnail.</summary>
    public bool HasThumbnail => Thumbnail && Columns * Rows > 1;

    /// <summary>Encoder inputs that the image becomes, the thumbnail among them.</summary>
    public int Inputs => (Columns * Rows) + (HasThumbnail ? 1 : 0);
}

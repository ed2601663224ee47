using VitGrid.LoadTest.Images;

namespace VitGrid.LoadTest.Requests;

/// <summary>An image to send.</summary>
/// <param name="Image">Its place in the <see cref="ImageSet"/>.</param>
/// <param name="Number">Its stamp: equal numbers are equal files.</param>
internal readonly record struct PlannedImage(int Image, long Number);

/// <summary>A request to send.</summary>
/// <param name="Images">In order.</param>
/// <param name="Lane">Its lane; null: the server's default.</param>
internal sealed record PlannedRequest(IReadOnlyList<PlannedImage> Images, string? Lane);

/// <summary>
/// What each request asks, in the order of sending. Equal seeds and shapes give equal plans. An image that repeats an earlier one is chosen
/// among the last <see cref="Recent"/>: a working set that any cache holds. Not thread-safe.
/// </summary>
internal sealed class RequestPlan(ImageSet images, RequestShape shape, int seed)
{
    /// <summary>How far back a repeated image may lie.</summary>
    public const int Recent = 512;

    private readonly Random _random = new(seed);
    private readonly long _first = (long)seed << 32;
    private long _sent;

    /// <summary>The next request.</summary>
    public PlannedRequest Next()
    {
        PlannedImage[] planned = new PlannedImage[shape.Images];
        for (int i = 0; i < planned.Length; i++)
            planned[i] = NextImage();
        return new(planned, NextLane());
    }

    private PlannedImage NextImage()
    {
        bool repeats = _random.NextDouble() < shape.Duplicates && _sent > 0;
        long number = shape.WorkingSet is { } size ? _sent++ % size : repeats
            ? _sent - 1 - _random.NextInt64(Math.Min(_sent, Recent)) : _sent++;
        return new(images.At(PartOf(number)), _first + number);
    }

    private string? NextLane()
    {
        double left = _random.NextDouble() * shape.Lanes.Sum(lane => lane.Weight);
        foreach ((string lane, double weight) in shape.Lanes)
        {
            left -= weight;
            if (left < 0)
                return lane;
        }
        return shape.Lanes is [.., var last] ? last.Lane : null;
    }

    /// <summary>A number's own place in the mix, so that a repeated number is a repeated image (SplitMix64).</summary>
    private double PartOf(long number)
    {
        ulong mixed = unchecked((ulong)(_first + number) + 0x9e37_79b9_7f4a_7c15);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xbf58_476d_1ce4_e5b9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94d0_49bb_1331_11eb);
        return ((mixed ^ (mixed >> 31)) >> 11) / (double)(1L << 53);
    }
}

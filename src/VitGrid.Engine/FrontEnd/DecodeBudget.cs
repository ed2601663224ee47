using VitGrid.Engine.Options;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// Decides which decodes may run at once. Light ones always may: all threads together take at most a quarter of the memory with them.
/// Heavy ones share the other three quarters and at most half of the threads, so that costly images never hold up the others. Pure, not
/// thread-safe: its owner serialises.
/// </summary>
internal sealed class DecodeBudget(ImageOptions options)
{
    private readonly long _lightBytes = options.MaxDecodeBytes / (4L * options.DecodeThreads);
    private readonly long _heavyBytes = options.MaxImageDecodeBytes;
    private readonly int _heavySlots = Math.Max(1, options.DecodeThreads / 2);
    private long _held;
    private int _running;

    /// <summary>Whether an image needs a turn of its own.</summary>
    public bool IsHeavy(DecodeCost cost) => cost.Bytes > _lightBytes || cost.IsLong;

    /// <summary>Takes what a heavy image needs; false while others hold it. An image that runs alone is never refused.</summary>
    public bool TryEnter(DecodeCost cost)
    {
        if (_running > 0 && (_running == _heavySlots || _held + cost.Bytes > _heavyBytes))
            return false;
        _running++;
        _held += cost.Bytes;
        return true;
    }

    /// <summary>Gives back what a heavy image took.</summary>
    public void Leave(DecodeCost cost)
    {
        _running--;
        _held -= cost.Bytes;
    }
}

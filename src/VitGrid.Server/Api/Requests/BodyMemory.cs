using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>Counts the bytes of all bodies that are being read, and refuses what would pass the bound.</summary>
internal sealed class BodyMemory(long maxBytes)
{
    private long _held;

    public long Held => Interlocked.Read(ref _held);

    /// <exception cref="ApiException">The bound would be passed; nothing was taken.</exception>
    public void Reserve(long bytes)
    {
        long held = Interlocked.Add(ref _held, bytes);
        if (held <= maxBytes)
            return;
        Give(bytes);
        throw new ApiException(ApiCode.Overloaded,
            $"request bodies being read would hold {held:N0} bytes, the limit is {maxBytes:N0} (VitGrid:Http:MaxBufferedBytes); try again "
                + $"in a moment");
    }

    public void Give(long bytes) => Interlocked.Add(ref _held, -bytes);
}

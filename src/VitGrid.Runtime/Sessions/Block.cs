namespace VitGrid.Runtime.Sessions;

/// <summary>A block of memory outside the managed heap; goes back to where it is from when disposed.</summary>
internal sealed class Block(nint address, long size, Action<nint, long> giveBack) : IDisposable
{
    private nint _address = address;

    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return _address;
        }
    }

    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
            giveBack(address, size);
    }
}

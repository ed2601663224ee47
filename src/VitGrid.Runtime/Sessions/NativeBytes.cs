using System.Buffers;

namespace VitGrid.Runtime.Sessions;

/// <summary>Memory outside the managed heap, seen as <see cref="Memory{T}"/> until it is disposed. Owns nothing.</summary>
internal sealed unsafe class NativeBytes(nint pointer, int length) : MemoryManager<byte>
{
    private nint _pointer = pointer;

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_pointer == 0, this);
        return new((void*)_pointer, length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_pointer == 0, this);
        return new((byte*)_pointer + elementIndex);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => _pointer = 0;
}

namespace VitGrid.Runtime.Images.Gif;

/// <summary>
/// The codes in a GIF's data blocks, lowest bits first. A block that the file cuts off is not begun; an empty one is passed over.
/// </summary>
internal ref struct GifCodes(ReadOnlySpan<byte> blocks)
{
    private readonly ReadOnlySpan<byte> _blocks = blocks;
    private int _position;
    private int _left;
    private int _bits;
    private int _count;

    /// <summary>Reads a code of <paramref name="size"/> bits, at most 12; false at the end.</summary>
    public bool TryRead(int size, out int code)
    {
        while (_count < size)
        {
            if (_left == 0)
            {
                if (_position >= _blocks.Length || _blocks[_position] >= _blocks.Length - _position)
                {
                    code = 0;
                    return false;
                }
                _left = _blocks[_position++];
                continue;
            }
            _bits |= _blocks[_position++] << _count;
            _count += 8;
            _left--;
        }
        code = _bits & ((1 << size) - 1);
        _bits >>= size;
        _count -= size;
        return true;
    }
}

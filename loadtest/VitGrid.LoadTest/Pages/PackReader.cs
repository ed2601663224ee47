using System.Buffers.Binary;
using System.Text;

namespace VitGrid.LoadTest.Pages;

/// <summary>Reads as much of MessagePack as Blazor's hub writes.</summary>
internal sealed class PackReader(ReadOnlyMemory<byte> message)
{
    private int _at;

    /// <summary>Takes the first message off what was received, behind its length in seven bits a byte; false: there is none.</summary>
    public static bool TrySplit(ref ReadOnlyMemory<byte> received, out ReadOnlyMemory<byte> message)
    {
        int length = 0, at = 0;
        message = default;
        if (received.IsEmpty)
            return false;
        byte part;
        do
        {
            part = received.Span[at];
            length |= (part & 0x7f) << (7 * at++);
        }
        while ((part & 0x80) != 0);
        message = received.Slice(at, length);
        received = received[(at + length)..];
        return true;
    }

    /// <summary>Begins an array.</summary>
    /// <returns>How many entries follow.</returns>
    public int ReadArray()
    {
        byte head = Next();
        return head switch
        {
            >= 0x90 and <= 0x9f => head & 0xf,
            0xdc => (int)Unsigned(2),
            0xdd => (int)Unsigned(4),
            _ => throw Unexpected(head),
        };
    }

    /// <summary>A whole number.</summary>
    public long ReadNumber()
    {
        byte head = Next();
        return head switch
        {
            <= 0x7f => head,
            >= 0xe0 => (sbyte)head,
            0xcc => (long)Unsigned(1),
            0xcd => (long)Unsigned(2),
            0xce => (long)Unsigned(4),
            0xcf => (long)Unsigned(8),
            0xd0 => (sbyte)Unsigned(1),
            0xd1 => (short)Unsigned(2),
            0xd2 => (int)Unsigned(4),
            0xd3 => (long)Unsigned(8),
            _ => throw Unexpected(head),
        };
    }

    /// <summary>A text; null where there is none.</summary>
    public string? ReadText()
    {
        byte head = Next();
        return head switch
        {
            0xc0 => null,
            >= 0xa0 and <= 0xbf => Text(head & 0x1f),
            0xd9 => Text((int)Unsigned(1)),
            0xda => Text((int)Unsigned(2)),
            0xdb => Text((int)Unsigned(4)),
            _ => throw Unexpected(head),
        };
    }

    /// <summary>Passes over a head, an id, or an empty map.</summary>
    public void Skip()
    {
        if (message.Span[_at] is 0x80 or 0xc0)
            _at++;
        else
            ReadText();
    }

    private byte Next() => message.Span[_at++];

    private string Text(int length)
    {
        string text = Encoding.UTF8.GetString(message.Span.Slice(_at, length));
        _at += length;
        return text;
    }

    private ulong Unsigned(int bytes)
    {
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        message.Span.Slice(_at, bytes).CopyTo(number[(8 - bytes)..]);
        _at += bytes;
        return BinaryPrimitives.ReadUInt64BigEndian(number);
    }

    private FormatException Unexpected(byte head) => new($"MessagePack's {head:x2} at {_at - 1} of {message.Length} bytes is not expected");
}

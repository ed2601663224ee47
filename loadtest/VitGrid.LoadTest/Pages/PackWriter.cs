using System.Buffers.Binary;
using System.Text;

namespace VitGrid.LoadTest.Pages;

/// <summary>Writes as much of MessagePack as Blazor's hub is told.</summary>
internal static class PackWriter
{
    /// <summary>A call of the hub without an answer, behind its length.</summary>
    public static byte[] Invocation(string target, IReadOnlyList<object?> arguments)
    {
        using MemoryStream body = new();
        // Six entries: kind, no heads, no id, target, arguments, no streams.
        body.Write([0x96, 0x01, 0x80, 0xc0]);
        Write(body, target);
        body.WriteByte((byte)(0x90 | arguments.Count));
        foreach (object? argument in arguments)
            Write(body, argument);
        body.WriteByte(0x90);
        using MemoryStream message = new();
        for (int left = (int)body.Length; ; left >>= 7)
        {
            message.WriteByte((byte)((left & 0x7f) | (left > 0x7f ? 0x80 : 0)));
            if (left <= 0x7f)
                break;
        }
        body.WriteTo(message);
        return message.ToArray();
    }

    private static void Write(MemoryStream body, object? value)
    {
        Span<byte> number = stackalloc byte[9];
        switch (value)
        {
            case null:
                body.WriteByte(0xc0);
                break;
            case bool truth:
                body.WriteByte((byte)(truth ? 0xc3 : 0xc2));
                break;
            case long whole:
                number[0] = 0xd3;
                BinaryPrimitives.WriteInt64BigEndian(number[1..], whole);
                body.Write(number);
                break;
            case string text:
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                number[0] = 0xdb;
                BinaryPrimitives.WriteInt32BigEndian(number[1..], bytes.Length);
                body.Write(number[..5]);
                body.Write(bytes);
                break;
            default:
                throw new ArgumentException($"{value.GetType()} is no argument of a page", nameof(value));
        }
    }
}

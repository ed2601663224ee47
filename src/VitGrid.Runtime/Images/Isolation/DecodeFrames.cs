using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace VitGrid.Runtime.Images.Isolation;

/// <summary>Messages on a pipe: four bytes of length, lowest first, then JSON.</summary>
internal static class DecodeFrames
{
    // A refusal's message is the longest thing there is.
    private const int MaxBytes = 1 << 16;

    /// <summary>Writes a message.</summary>
    public static void Write<T>(Stream stream, T message, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        byte[] frame = new byte[sizeof(int) + json.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, json.Length);
        json.CopyTo(frame, sizeof(int));
        stream.Write(frame);
        stream.Flush();
    }

    /// <summary>Reads a message.</summary>
    /// <exception cref="EndOfStreamException">The other side has closed the pipe.</exception>
    /// <exception cref="InvalidDataException">What came is no message.</exception>
    public static T Read<T>(Stream stream, JsonTypeInfo<T> type)
    {
        Span<byte> head = stackalloc byte[sizeof(int)];
        stream.ReadExactly(head);
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 2 or > MaxBytes)
            throw new InvalidDataException($"a message claims {length} bytes; at most {MaxBytes} can be");
        byte[] json = new byte[length];
        stream.ReadExactly(json);
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new InvalidDataException("a message is null");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("a message is no JSON", exception);
        }
    }
}

using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using Orleans.Serialization.WireProtocol;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Walks over a header's fields without a call of its own for each level. Orleans' reader makes one, also for fields that it only passes
/// over: a megabyte of fields within fields would overflow the stack, which ends a process.
/// </summary>
internal static class FieldDepth
{
    /// <summary>Levels allowed; a table has seven.</summary>
    public const int Max = 32;

    /// <summary>Looks at one value.</summary>
    /// <exception cref="InvalidDataException">Its fields stand in more than <see cref="Max"/> others.</exception>
    /// <exception cref="Exception">It ends too early, or is no value.</exception>
    public static void Check(ReadOnlyMemory<byte> value, SerializerSession session)
    {
        Reader<SpanReaderInput> reader = Reader.Create(value.Span, session);
        int depth = 0;
        do
        {
            Field field = reader.ReadFieldHeader();
            if (field.IsEndObject)
                depth--;
            else if (field.IsEndBaseFields)
                continue;
            else if (field.WireType != WireType.TagDelimited)
                reader.SkipField(field);
            else if (++depth > Max)
                throw new InvalidDataException($"fields stand in more than {Max} others");
        }
        while (depth > 0);
    }
}

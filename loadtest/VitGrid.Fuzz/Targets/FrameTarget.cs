using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Fuzz.Mutations;
using VitGrid.Transport;

namespace VitGrid.Fuzz.Targets;

/// <summary>Frames of the data plane whose checksums are right, from the stream to the header that a handler is given.</summary>
internal sealed class FrameTarget : FuzzTarget
{
    private const int MaxBytes = 1 << 20;
    private const int Body = 12;

    private static readonly Dictionary<string, ushort> Kinds = new()
    {
        ["image"] = FrameKinds.Image,
        ["answer"] = FrameKinds.Answer,
        ["refusal"] = FrameKinds.Refusal,
        ["batch"] = FrameKinds.Batch,
        ["stale"] = FrameKinds.StaleBatch,
        ["pooled"] = FrameKinds.Pooled,
        ["failed"] = FrameKinds.BatchFailed,
        ["table"] = FrameKinds.Table,
    };

    private readonly FrameSerializer _headers =
        new(new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>());

    private static readonly NativeBufferPool Buffers = new(MaxBytes);

    public FrameTarget(Corpus corpus) => Seeds =
    [
        .. File.ReadLines(corpus.PathOf("wire-3e75086.txt")).Select(line => line.Split(' '))
            .Where(parts => Kinds.ContainsKey(parts[0]))
            .Select(parts => Stream(Kinds[parts[0]], Convert.FromHexString(parts[1]))),
    ];

    public override string Name => "frame";

    public override long UsualBytes => MaxBytes;

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] seed)
    {
        if (random.Next(8) == 0)
            return ByteMutation.Change(random, seed);
        ushort kind = BinaryPrimitives.ReadUInt16LittleEndian(seed.AsSpan(6));
        int head = BinaryPrimitives.ReadInt32LittleEndian(seed.AsSpan(12));
        return Stream(kind, ByteMutation.Change(random, seed.AsSpan(FrameHeader.Bytes, head)));
    }

    public override Depth Read(byte[] input)
    {
        try
        {
            Frame frame = new FrameReader(new MemoryStream(input), Buffers) { Limits = new(MaxBytes, MaxBytes) }.Read();
            using (frame.Body)
                ReadHeader(frame);
            return Depth.Beyond;
        }
        catch (Exception exception) when (exception is FrameException or EndOfStreamException)
        {
            return Depth.Header;
        }
    }

    /// <summary>Whatever a handler throws ends its link and nothing else; what it may not do is to take all memory or the stack.</summary>
    private void ReadHeader(Frame frame)
    {
        try
        {
            _ = frame.Kind switch
            {
                FrameKinds.Image => _headers.Read<ImageHeader>(frame),
                FrameKinds.Answer => _headers.Read<AnswerHeader>(frame),
                FrameKinds.Refusal => _headers.Read<RefusalHeader>(frame),
                FrameKinds.Batch => _headers.Read<BatchHeader>(frame),
                FrameKinds.StaleBatch => _headers.Read<StaleBatchHeader>(frame),
                FrameKinds.Pooled => _headers.Read<PooledHeader>(frame),
                FrameKinds.BatchFailed => _headers.Read<BatchFailedHeader>(frame),
                FrameKinds.Table => Facts(_headers.Read<GridTable>(frame)),
                _ => null as object,
            };
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or InsufficientExecutionStackException))
        {
            // The link ends.
        }
    }

    private static GridTable Facts(GridTable table)
    {
        foreach (ModelRow model in table.Models)
            _ = model.Card.Facts();
        return table;
    }

    private static byte[] Stream(ushort kind, byte[] head)
    {
        using MemoryStream stream = new();
        new FrameWriter(stream).Write(kind, head, new byte[Body]);
        return stream.ToArray();
    }
}

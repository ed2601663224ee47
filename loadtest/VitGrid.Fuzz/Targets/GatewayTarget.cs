using System.Buffers;
using System.Buffers.Binary;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Membership;
using VitGrid.Fuzz.Mutations;

namespace VitGrid.Fuzz.Targets;

/// <summary>Messages of a front end, as a gateway judges them before Orleans reads them.</summary>
internal sealed class GatewayTarget : FuzzTarget
{
    private const int LengthsBytes = 8;
    private const uint Request = 1 << 16;

    private static readonly byte[] Greeting = "0123456789abcdef0123456789abcdef"u8.ToArray();

    private readonly SerializerSessionPool _sessions;
    private readonly FrontEndCalls _calls;

    public GatewayTarget()
    {
        _sessions = new ServiceCollection().AddSerializer(serializer => serializer.AddAssembly(typeof(IPlannerGrain).Assembly))
            .BuildServiceProvider().GetRequiredService<SerializerSessionPool>();
        _calls = new(_sessions);
        Seeds = [.. typeof(IPlannerGrain).Assembly.GetTypes()
            .Where(type => type.GetCustomAttributes<CompoundTypeAliasAttribute>().Any(alias => alias.Components is ["inv", ..]))
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => Message(Header(), Written(new Body(Activator.CreateInstance(type, nonPublic: true)!))))];
    }

    public override string Name => "gateway";

    public override long UsualBytes => FrontEndCalls.MaxMessageBytes;

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] seed)
    {
        if (random.Next(8) == 0)
            return ByteMutation.Change(random, seed);
        int header = BinaryPrimitives.ReadInt32LittleEndian(seed);
        return random.Next(2) == 0
            ? Message(ByteMutation.Change(random, seed.AsSpan(LengthsBytes, header)), seed[(LengthsBytes + header)..])
            : Message(seed[LengthsBytes..(LengthsBytes + header)], ByteMutation.Change(random, seed.AsSpan(LengthsBytes + header)));
    }

    /// <summary>Whatever is thrown ends the connection and nothing else; what it may not do is to take all memory or the stack.</summary>
    public override Depth Read(byte[] input)
    {
        Depth depth = Depth.Header;
        try
        {
            ReadOnlySequence<byte> received = new(input);
            if (FrontEndCalls.MessageLength(received) is { } length)
            {
                depth = Depth.Beyond;
                _calls.Judge(received.Slice(0, length), Greeting);
            }
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or InsufficientExecutionStackException))
        {
            // The connection ends.
        }
        return depth;
    }

    private byte[] Header() => Written(new Start());

    private byte[] Written(IPiece piece)
    {
        ArrayBufferWriter<byte> bytes = new();
        using SerializerSession session = _sessions.GetSession();
        Writer<ArrayBufferWriter<byte>> writer = Writer.Create(bytes, session);
        piece.Write(ref writer);
        writer.Commit();
        return bytes.WrittenSpan.ToArray();
    }

    private static byte[] Message(byte[] header, byte[] body)
    {
        byte[] message = [0, 0, 0, 0, 0, 0, 0, 0, .. header, .. body];
        BinaryPrimitives.WriteInt32LittleEndian(message, header.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), body.Length);
        return message;
    }

    /// <summary>A part of a message.</summary>
    private interface IPiece
    {
        void Write(ref Writer<ArrayBufferWriter<byte>> writer);
    }

    private sealed record Start : IPiece
    {
        public void Write(ref Writer<ArrayBufferWriter<byte>> writer)
        {
            writer.WriteUInt32(Request);
            writer.WriteInt64(1);
            foreach (byte[] part in (byte[][])["sys.client"u8.ToArray(), Greeting, "planner"u8.ToArray(), "0"u8.ToArray()])
                IdSpanCodec.WriteRaw(ref writer, new IdSpan(part));
        }
    }

    private sealed record Body(object Call) : IPiece
    {
        public void Write(ref Writer<ArrayBufferWriter<byte>> writer) => ObjectCodec.WriteField(ref writer, 0, Call);
    }
}

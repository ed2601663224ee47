using System.Buffers;
using System.Buffers.Binary;
using System.Reflection;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Membership;

/// <summary>
/// What a front end may say to a gateway: the calls that front ends make, on its own behalf. Orleans' gateway delivers whatever a client
/// sends, to whomever and in whosever name, so each message is judged before the gateway sees it. Thread-safe.
/// </summary>
/// <remarks>
/// A message is eight bytes of lengths, a header and a body (Orleans.Runtime.Messaging.MessageSerializer): the header begins with flags,
/// a number, the sender and the target, the body with the type of the call.
/// </remarks>
internal sealed class FrontEndCalls(SerializerSessionPool sessions)
{
    /// <summary>Bytes of a message at most: a vector of the widest encoder is a fraction of it.</summary>
    public const int MaxMessageBytes = 1 << 20;

    /// <summary>Bytes of what a client introduces itself with, without their length, at most.</summary>
    public const int MaxGreetingBytes = 1_024;

    private const int LengthBytes = 4;
    private const int LengthsBytes = 2 * LengthBytes;

    // Orleans.Runtime.Message.PackedHeaders, .MessageFlags, .Directions.
    private const int DirectionShift = 16;
    private const uint DirectionMask = 0xf;
    private const uint Request = 1, OneWay = 3;
    private const uint HasCacheInvalidation = 1 << 7;

    private static readonly byte[] Hosted = "hosted-"u8.ToArray();

    // Methods by their aliases; all methods of an interface that is there without one.
    private static readonly HashSet<(string, string?)> Allowed =
    [
        (typeof(IPlannerGrain).FullName!, "watch"),
        (typeof(IPlannerGrain).FullName!, "loads"),
        (typeof(IFlightGrain).FullName!, null),
        (typeof(ITokenizerGrain).FullName!, null),
        ("Orleans.Runtime.IClusterManifestSystemTarget", null),
        ("Orleans.Runtime.IGrainCallCancellationExtension", null),
        ("Orleans.Runtime.ICancellationSourcesExtension", null),
    ];

    /// <summary>Bytes of the greeting that <paramref name="received"/> begins with; null while it is not whole.</summary>
    /// <exception cref="FrontEndRefusedException">It is too long.</exception>
    public static long? GreetingLength(ReadOnlySequence<byte> received) =>
        received.Length < LengthBytes ? null : Whole(received, LengthBytes, Number(received), MaxGreetingBytes, "greeting");

    /// <summary>Bytes of the message that <paramref name="received"/> begins with; null while it is not whole.</summary>
    /// <exception cref="FrontEndRefusedException">It is too long.</exception>
    public static long? MessageLength(ReadOnlySequence<byte> received) => received.Length < LengthsBytes
        ? null
        : Whole(received, LengthsBytes, (long)Number(received) + Number(received.Slice(LengthBytes)), MaxMessageBytes, "message");

    /// <summary>Judges what a client introduces itself with: it is a client of its own, not the one in a silo.</summary>
    /// <exception cref="FrontEndRefusedException">It is not.</exception>
    public static void JudgeGreeting(ReadOnlySpan<byte> greeting)
    {
        if (greeting.IndexOf(Hosted) >= 0)
            throw new FrontEndRefusedException("it introduced itself as a silo's own client");
    }

    /// <summary>Judges a whole message of the client that introduced itself with <paramref name="greeting"/>.</summary>
    /// <exception cref="FrontEndRefusedException">A front end may not send it.</exception>
    public void Judge(ReadOnlySequence<byte> message, ReadOnlySpan<byte> greeting)
    {
        int headerLength = Number(message);
        if (headerLength is <= 0 or > MaxMessageBytes)
            throw new FrontEndRefusedException($"a message with a header of {headerLength} bytes");
        using SerializerSession session = sessions.GetSession();
        Reader<ReadOnlySequenceInput> header = Reader.Create(message.Slice(LengthsBytes, headerLength), session);
        JudgeFlags(header.ReadUInt32());
        header.ReadInt64();
        GrainType type = new(IdSpanCodec.ReadRaw(ref header));
        JudgeSender(new(type, IdSpanCodec.ReadRaw(ref header)), greeting);
        ReadOnlySequence<byte> body = message.Slice(LengthsBytes + headerLength);
        if (body.IsEmpty)
            throw new FrontEndRefusedException("a message without a call");
        Reader<ReadOnlySequenceInput> call = Reader.Create(body, session);
        Type? asked = call.ReadFieldHeader().FieldType;
        if (asked is null || !Allows(asked))
            throw new FrontEndRefusedException($"a call of {asked?.Name ?? "no type"}");
    }

    /// <summary>Whether front ends make calls of this generated type.</summary>
    public static bool Allows(Type call)
    {
        ArgumentNullException.ThrowIfNull(call);
        foreach (CompoundTypeAliasAttribute alias in call.GetCustomAttributes<CompoundTypeAliasAttribute>())
        {
            if (alias.Components is [.., Type target, string method] && target.FullName is { } name
                && (Allowed.Contains((name, null)) || Allowed.Contains((name, method))))
                return true;
        }
        return false;
    }

    private static void JudgeFlags(uint flags)
    {
        uint direction = (flags >> DirectionShift) & DirectionMask;
        if (direction is not (Request or OneWay))
            throw new FrontEndRefusedException("an answer to what nobody asks of front ends");
        if ((flags & HasCacheInvalidation) != 0)
            throw new FrontEndRefusedException("word of where grains are");
    }

    private static void JudgeSender(GrainId sender, ReadOnlySpan<byte> greeting)
    {
        if (!sender.IsClient() || sender.Key.AsSpan().IsEmpty || greeting.IndexOf(sender.Key.AsSpan()) < 0)
            throw new FrontEndRefusedException("a message in another's name");
    }

    private static long? Whole(ReadOnlySequence<byte> received, int lengths, long length, int max, string what)
    {
        if (length < 0 || length > max)
            throw new FrontEndRefusedException($"a {what} of {length} bytes, of at most {max}");
        return received.Length < lengths + length ? null : lengths + length;
    }

    private static int Number(ReadOnlySequence<byte> bytes)
    {
        Span<byte> number = stackalloc byte[LengthBytes];
        bytes.Slice(0, LengthBytes).CopyTo(number);
        return BinaryPrimitives.ReadInt32LittleEndian(number);
    }
}

/// <summary>A front end said what front ends may not say; the message names it.</summary>
internal sealed class FrontEndRefusedException(string what) : Exception(what);

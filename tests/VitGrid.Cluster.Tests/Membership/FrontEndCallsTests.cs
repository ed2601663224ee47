using System.Buffers;
using System.Buffers.Binary;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Membership;

namespace VitGrid.Cluster.Tests.Membership;

/// <summary>What a front end may send a gateway, judged message by message.</summary>
public sealed class FrontEndCallsTests : IDisposable
{
    private const uint Request = 1 << 16, Response = 2 << 16, OneWay = 3 << 16, CacheInvalidation = 1 << 7;
    private const string Client = "sys.client", Own = "0123456789abcdef0123456789abcdef";

    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSerializer(serializer => serializer.AddAssembly(typeof(IPlannerGrain).Assembly)).BuildServiceProvider();

    [Fact]
    public void Of_all_calls_between_processes_front_ends_make_eight()
    {
        string[] allowed = [.. Calls().Where(FrontEndCalls.Allows).Select(NameOf).Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "IFlightGrain.join", "IFlightGrain.land", "IFlightGrain.renew", "IFlightGrain.watch", "IPlannerGrain.loads",
                "IPlannerGrain.watch", "ITokenizerGrain.describe", "ITokenizerGrain.read",
            ],
            allowed);
        Assert.Contains("IPlannerGrain.drain", Calls().Select(NameOf));
        Assert.Contains("ISegmentGrain.release", Calls().Select(NameOf));
    }

    [Theory]
    [InlineData(Request)]
    [InlineData(OneWay)]
    public void A_call_that_front_ends_make_in_their_own_name_passes(uint flags) =>
        Judge(Message(flags, Client, Own, "IPlannerGrain.watch"));

    [Theory]
    [InlineData(Request, Client, Own, "IPlannerGrain.drain", "a call of ")]
    [InlineData(Request, Client, Own, "IPlannerGrain.report", "a call of ")]
    [InlineData(OneWay, Client, Own, "ISegmentGrain.release", "a call of ")]
    [InlineData(Request, Client, Own, null, "without a call")]
    [InlineData(Response, Client, Own, "IPlannerGrain.watch", "an answer")]
    [InlineData(0u, Client, Own, "IPlannerGrain.watch", "an answer")]
    [InlineData(Request | CacheInvalidation, Client, Own, "IPlannerGrain.watch", "where grains are")]
    [InlineData(Request, Client, "fedcba9876543210fedcba9876543210", "IPlannerGrain.watch", "another's name")]
    [InlineData(Request, Client, "", "IPlannerGrain.watch", "another's name")]
    [InlineData(Request, "planner", Own, "IPlannerGrain.watch", "another's name")]
    [InlineData(Request, "sys.svc.membership", Own, "IPlannerGrain.watch", "another's name")]
    public void Anything_else_is_refused(uint flags, string type, string key, string? call, string why)
    {
        FrontEndRefusedException refused = Assert.Throws<FrontEndRefusedException>(() => Judge(Message(flags, type, key, call)));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_introduces_itself_as_a_silos_own_is_refused()
    {
        FrontEndCalls.JudgeGreeting(Encoding.ASCII.GetBytes(Own));
        Assert.Throws<FrontEndRefusedException>(() => FrontEndCalls.JudgeGreeting("....hosted-S127.0.0.1:11111:1"u8));
    }

    [Fact]
    public void Lengths_are_judged_before_anything_is_kept()
    {
        Assert.Null(FrontEndCalls.GreetingLength(Bytes(1)));
        Assert.Null(FrontEndCalls.GreetingLength(Lengths(FrontEndCalls.MaxGreetingBytes)));
        Assert.Throws<FrontEndRefusedException>(() => FrontEndCalls.GreetingLength(Lengths(FrontEndCalls.MaxGreetingBytes + 1)));
        Assert.Throws<FrontEndRefusedException>(() => FrontEndCalls.GreetingLength(Lengths(-1)));
        Assert.Null(FrontEndCalls.MessageLength(Lengths(100, FrontEndCalls.MaxMessageBytes - 100)));
        Assert.Throws<FrontEndRefusedException>(() => FrontEndCalls.MessageLength(Lengths(100, FrontEndCalls.MaxMessageBytes)));
        Assert.Throws<FrontEndRefusedException>(() => FrontEndCalls.MessageLength(Lengths(int.MaxValue, int.MaxValue)));
        ReadOnlySequence<byte> whole = Message(Request, Client, Own, "IPlannerGrain.watch");
        Assert.Equal(whole.Length, FrontEndCalls.MessageLength(whole));
        Assert.Null(FrontEndCalls.MessageLength(whole.Slice(0, whole.Length - 1)));
    }

    public void Dispose() => _services.Dispose();

    private void Judge(ReadOnlySequence<byte> message) => new FrontEndCalls(_services.GetRequiredService<SerializerSessionPool>())
        .Judge(message, Encoding.ASCII.GetBytes($"greeting of {Own}"));

    private ReadOnlySequence<byte> Message(uint flags, string type, string key, string? call)
    {
        byte[] header = Written((ref Writer<ArrayBufferWriter<byte>> writer) =>
        {
            writer.WriteUInt32(flags);
            writer.WriteInt64(1);
            foreach (string part in new[] { type, key, "planner", "0" })
                IdSpanCodec.WriteRaw(ref writer, part.Length == 0 ? default : IdSpan.Create(part));
        });
        byte[] body = call is null ? [] : Written((ref Writer<ArrayBufferWriter<byte>> writer) => ObjectCodec.WriteField(
            ref writer, 0, Activator.CreateInstance(Calls().Single(type => NameOf(type) == call), nonPublic: true)));
        return new([.. Lengths(header.Length, body.Length).ToArray(), .. header, .. body]);
    }

    private byte[] Written(Write write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using SerializerSession session = _services.GetRequiredService<SerializerSessionPool>().GetSession();
        Writer<ArrayBufferWriter<byte>> writer = Writer.Create(bytes, session);
        write(ref writer);
        writer.Commit();
        return bytes.WrittenSpan.ToArray();
    }

    private static IEnumerable<Type> Calls() => typeof(IPlannerGrain).Assembly.GetTypes()
        .Where(type => type.GetCustomAttributes<CompoundTypeAliasAttribute>().Any(alias => alias.Components is ["inv", ..]));

    private static string NameOf(Type call) => call.GetCustomAttributes<CompoundTypeAliasAttribute>()
        .Select(alias => alias.Components).Where(parts => parts is [.., Type, string])
        .Select(parts => $"{((Type)parts[^2]).Name}.{parts[^1]}").First();

    private static ReadOnlySequence<byte> Lengths(params int[] lengths)
    {
        byte[] bytes = new byte[4 * lengths.Length];
        for (int i = 0; i < lengths.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), lengths[i]);
        return new(bytes);
    }

    private static ReadOnlySequence<byte> Bytes(params byte[] bytes) => new(bytes);

    private delegate void Write(ref Writer<ArrayBufferWriter<byte>> writer);
}

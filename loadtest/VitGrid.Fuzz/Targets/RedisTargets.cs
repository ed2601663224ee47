using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;
using VitGrid.Cluster.Caching.Redis;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Options;
using VitGrid.Fuzz.Mutations;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;

namespace VitGrid.Fuzz.Targets;

/// <summary>Vectors as the cache's Redis holds them; their checksum is right.</summary>
internal sealed class CacheValueTarget : FuzzTarget
{
    private const string Key = "vg:1:m:f:fp32:crop:4:cls:00";
    private const int Signature = 5;
    private const int Covered = 12;

    private static readonly CacheEnvelope Fp32 = new(CacheFormat.Fp32), Fp16 = new(CacheFormat.Fp16);
    private static readonly EmbeddingKey Parsed = new("vg:1:m:f:fp32:crop:4:cls", 0, 0);

    public override string Name => "cache";

    public override long UsualBytes => 1 << 16;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Fp32.Write(Key, [1, -2, 0.5f, 3]), Fp32.Write(Key, new float[1024]),
        Fp16.Write(Key, [1, -2, 0.5f, 3]), Fp32.Write(Key, []),
    ];

    public override byte[] Mutate(Random random, byte[] seed)
    {
        byte[] changed = ByteMutation.Change(random, seed, random.Next(4) == 0 ? 0 : Signature);
        if (changed.Length < Fp32.HeaderLength || random.Next(8) == 0)
            return changed;
        Crc64 checksum = new();
        checksum.Append(Encoding.UTF8.GetBytes(Key));
        checksum.Append(changed.AsSpan(0, Covered));
        checksum.Append(changed.AsSpan(Fp32.HeaderLength));
        BinaryPrimitives.WriteUInt64LittleEndian(changed.AsSpan(Covered), checksum.GetCurrentHashAsUInt64());
        return changed;
    }

    public override Depth Read(byte[] input)
    {
        float[]? fp32 = Fp32.Read(Parsed, Key, input).Vector, fp16 = Fp16.Read(Parsed, Key, input).Vector;
        bool begins = input.Length >= Fp32.HeaderLength
            && input.AsSpan().StartsWith("vge"u8) && input[3] == 1 && input[4] <= 1;
        return begins || fp32 is not null || fp16 is not null ? Depth.Beyond : Depth.Header;
    }
}

/// <summary>
/// Hashes of jobs and batches, and entries of the stream, as the queue's Redis holds them: whatever they hold, reading them fails nobody.
/// </summary>
internal sealed class HashTarget : FuzzTarget
{
    private const byte Between = 0x1f;
    private const byte Behind = 0x1e;

    private static readonly string[] Edges =
    [
        "", "0", "-1", "9223372036854775807", "9223372036854775808", "1e9", "NaN", " 1", "253402300800000", "-62135596800001", "cls", "{}",
        "\0",
    ];

    public HashTarget(Corpus corpus) => Seeds =
    [
        .. ((string[])["finished.json", "begun-batch.json"]).SelectMany(file => HashesOf(corpus.Read("written-by-3e75086", file))),
    ];

    public override string Name => "hash";

    public override long UsualBytes => 1 << 18;

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] seed)
    {
        List<(string Name, string Value)> fields = [.. Parse(seed)];
        if (fields.Count == 0 || random.Next(6) == 0)
            return ByteMutation.Change(random, seed);
        for (int i = random.Next(1, 4); i > 0 && fields.Count > 0; i--)
        {
            int at = random.Next(fields.Count);
            if (random.Next(4) == 0)
                fields.RemoveAt(at);
            else if (random.Next(2) == 0)
                fields[at] = (fields[at].Name, Edges[random.Next(Edges.Length)]);
            else
                fields[at] = (fields[at].Name, fields[random.Next(fields.Count)].Value);
        }
        return Format(fields);
    }

    public override Depth Read(byte[] input)
    {
        // Redis has no two fields of one name.
        HashEntry[] hash = [.. Parse(input).DistinctBy(field => field.Name).Select(field => new HashEntry(field.Name, field.Value))];
        bool isJob = IndexJob.From("job", hash) is not null, isBatch = BatchRecord.From("batch", hash) is not null;
        _ = IndexItem.From(new StreamEntry("1-1", [.. hash.Select(field => new NameValueEntry(field.Name, field.Value))]));
        return isJob || isBatch ? Depth.Beyond : Depth.Header;
    }

    private static IEnumerable<byte[]> HashesOf(byte[] saved)
    {
        using JsonDocument keys = JsonDocument.Parse(saved);
        foreach (JsonElement key in keys.RootElement.EnumerateArray())
        {
            if (key.GetProperty("type").GetString() == "hash")
            {
                yield return Format(key.GetProperty("fields").EnumerateArray().Select(
                    pair => (pair[0].GetString()!, pair[1].GetString()!)));
            }
        }
    }

    private static byte[] Format(IEnumerable<(string Name, string Value)> fields) =>
        Encoding.UTF8.GetBytes(string.Concat(fields.Select(field => $"{field.Name}{(char)Between}{field.Value}{(char)Behind}")));

    private static IEnumerable<(string Name, string Value)> Parse(byte[] hash) =>
        Encoding.UTF8.GetString(hash).Split((char)Behind, StringSplitOptions.RemoveEmptyEntries)
            .Select(field => field.Split((char)Between, 2)).Select(parts => (parts[0], parts.ElementAtOrDefault(1) ?? ""));
}

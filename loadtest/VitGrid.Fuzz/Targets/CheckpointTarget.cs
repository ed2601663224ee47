using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using VitGrid.Fuzz.Mutations;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Fuzz.Targets;

/// <summary>Headers of safetensors files, whose length is right, and the tensors behind them.</summary>
internal sealed class SafetensorsTarget(Corpus corpus, string folder) : FuzzTarget
{
    private const int Prefix = 8;
    private const int KeptData = 4096;

    private readonly string _path = Path.Combine(folder, "fuzzed.safetensors");

    public override string Name => "safetensors";

    public override long UsualBytes => 1 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Small("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}""", 26),
        Small("""{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[1,0,5],"data_offsets":[0,0]}}""", 0),
        Cut(corpus.Read("models", "tiny-native", "expected.safetensors")),
        .. corpus.ReadAll("malformed-checkpoints", KeptData, ".safetensors"),
    ];

    public override byte[] Mutate(Random random, byte[] seed)
    {
        if (seed.Length < Prefix || random.Next(6) == 0)
            return ByteMutation.Change(random, seed.Length == 0 ? [0] : seed);
        int length = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(seed), (ulong)(seed.Length - Prefix));
        byte[] header = seed[Prefix..(Prefix + length)];
        return length == 0 ? ByteMutation.Change(random, seed) : Joined(JsonMutation.Change(random, header), seed[(Prefix + length)..]);
    }

    public override Depth Read(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(_path);
            foreach ((string name, TensorEntry tensor) in file.Tensors)
            {
                if (tensor.Type is TensorType.F32 or TensorType.F16 or TensorType.BF16)
                    _ = file.ReadFloats(name);
            }
            return Depth.Beyond;
        }
        catch (CheckpointException)
        {
            return DepthOf(input);
        }
    }

    private static Depth DepthOf(byte[] input)
    {
        try
        {
            if (input.Length < Prefix)
                return Depth.Header;
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(input);
            if (length > (ulong)(input.Length - Prefix))
                return Depth.Header;
            using JsonDocument json = JsonDocument.Parse(input.AsMemory(Prefix, (int)length));
            return Depth.Beyond;
        }
        catch (JsonException)
        {
            return Depth.Header;
        }
    }

    private static byte[] Small(string header, int data) => Joined(Encoding.UTF8.GetBytes(header), new byte[data]);

    private static byte[] Joined(byte[] header, byte[] data)
    {
        byte[] length = new byte[Prefix];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    /// <summary>The header of a large file, with less data than it tells of.</summary>
    private static byte[] Cut(byte[] file) =>
        file[..(int)Math.Min(file.Length, Prefix + BinaryPrimitives.ReadInt64LittleEndian(file) + KeptData)];
}

/// <summary>A checkpoint's <c>config.json</c> beside its weights.</summary>
internal sealed class ConfigTarget : FuzzTarget
{
    private readonly string _folder;

    public ConfigTarget(Corpus corpus, string folder)
    {
        _folder = Directory.CreateDirectory(Path.Combine(folder, "checkpoint")).FullName;
        Seeds = [.. ((string[])["tiny-native", "tiny-rms-qknorm", "tiny-ln"]).Select(model => corpus.Read("models", model, "config.json"))];
        foreach (string name in (string[])["model.safetensors", "preprocessor_config.json"])
            File.Copy(corpus.PathOf("models", "tiny-native", name), Path.Combine(_folder, name), overwrite: true);
    }

    public override string Name => "config";

    public override long UsualBytes => 4 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(Random random, byte[] seed) => JsonMutation.Change(random, seed);

    public override Depth Read(byte[] input)
    {
        File.WriteAllBytes(Path.Combine(_folder, "config.json"), input);
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(_folder);
            return Depth.Beyond;
        }
        catch (CheckpointException)
        {
            return DepthOf(input);
        }
    }

    private static Depth DepthOf(byte[] input)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(input);
            return Depth.Beyond;
        }
        catch (JsonException)
        {
            return Depth.Header;
        }
    }
}

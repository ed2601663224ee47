using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Tests.Checkpoints;

/// <summary>What an encoder does not need, in its files or beside them, changes nothing and refuses nothing.</summary>
public sealed class UnneededPropertyTests
{
    private static readonly string[] Types =
        ["BF16", "F32", "I64", "U8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F4", "F6_E2M3", "C64", "I4", "", "\0", "NF4 \"x\""];

    private static readonly string[] Names =
    [
        "language_model.lm_head.weight", "mlp1.0.weight", "cls", "vision_model", "encoder.layers", "audio.encoder.layers.0.norm1.weight",
        "é\0",
    ];

    private static readonly string[] Values =
    [
        "NaN", "Infinity", "-Infinity", "1e999", "-0.0", "[NaN, Infinity]", """{"NaN": -Infinity}""", "null", "12345678901234567890",
        """["a \" NaN \\", "é", -Infinity]""", """{"quant_method": "awq"}""",
    ];

    private static readonly Lazy<string> Fingerprint = new(() =>
    {
        using Checkpoint checkpoint = new EditableCheckpoint("tiny-ln").Open();
        return checkpoint.ComputeFingerprint();
    });

    [Property(MaxTest = 60)]
    public Property Tensors_of_any_type_and_shape_beside_the_encoders_are_passed_over() =>
        Prop.ForAll(Strangers().ToArbitrary(), strangers =>
        {
            using var edited = new EditableCheckpoint("tiny-ln");
            edited.Save();
            File.WriteAllBytes(Path.Combine(edited.Path, "model.safetensors"), With(edited.Tensors, strangers));
            using Checkpoint checkpoint = edited.Open(saved: true);
            Assert.Equal(Fingerprint.Value, checkpoint.ComputeFingerprint());
            Assert.Equal(strangers.Select(stranger => stranger.Name).Order(StringComparer.Ordinal), checkpoint.UnusedTensors);
        });

    [Property(MaxTest = 40)]
    public Property Shards_that_hold_no_encoder_tensor_need_not_be_there() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            using var edited = new EditableCheckpoint("tiny-ln");
            string[] own = [.. edited.Tensors.Select(tensor => tensor.Name)];
            foreach (string name in Names)
                edited.Add(name, random.Next(4));
            edited.SaveShards((_, _) => $"model-0000{random.Next(9)}-of-00009.safetensors");
            JsonNode map = JsonNode.Parse(File.ReadAllText(Path.Combine(edited.Path, "model.safetensors.index.json")))!["weight_map"]!;
            HashSet<string> needed = [.. own.Select(name => (string)map[name]!)];
            string[] files = Directory.GetFiles(edited.Path, "*.safetensors");
            Array.ForEach(Array.FindAll(files, file => !needed.Contains(Path.GetFileName(file))), File.Delete);
            using Checkpoint checkpoint = edited.Open(saved: true);
            Assert.Equal(Fingerprint.Value, checkpoint.ComputeFingerprint());
        });

    [Property(MaxTest = 60)]
    public Property Keys_that_are_not_read_may_hold_whatever_Python_writes() =>
        Prop.ForAll(Extras().ToArbitrary(), extras =>
        {
            using var edited = new EditableCheckpoint("tiny-ln");
            edited.Save();
            foreach (string file in Directory.GetFiles(edited.Path, "*config.json"))
            {
                string text = File.ReadAllText(file).TrimEnd()[..^1];
                string more = string.Concat(extras.Values.Select((value, i) => $",\n\"x{i}\": {value}"));
                File.WriteAllText(file, (extras.Mark ? "\uFEFF" : "") + text + more + "}\n");
            }
            using Checkpoint checkpoint = edited.Open(saved: true);
            Assert.Equal(Fingerprint.Value, checkpoint.ComputeFingerprint());
        });

    private static Gen<Stranger[]> Strangers() =>
        from names in Gen.SubListOf(Names)
        from strangers in Gen.CollectToArray(names.Select(OneStranger))
        select strangers;

    private static Gen<Stranger> OneStranger(string name) =>
        from type in Gen.Elements(Types)
        from shape in Gen.Choose(0, 5).ArrayOf()
        from bytes in Gen.Choose(0, 70)
        from place in Gen.Choose(0, 80)
        select Fitting(name, type, [.. shape.Take(3).Select(side => (long)side)], bytes, place);

    /// <summary>A type that is known has the bytes that its shape calls for; of another the file alone knows how many there are.</summary>
    private static Stranger Fitting(string name, string type, ImmutableArray<long> shape, int bytes, int place)
    {
        int size = type switch { "BF16" => 2, "F32" => 4, "I64" => 8, "U8" or "F8_E4M3" or "F8_E5M2" => 1, _ => 0 };
        int known = (int)shape.Aggregate((long)size, (product, side) => product * side);
        return new(name, type, shape, size > 0 ? known : bytes, place);
    }

    private static Gen<(bool Mark, string[] Values)> Extras() =>
        from mark in Gen.Elements(true, false)
        from values in Gen.Elements(Values).ArrayOf()
        from depth in Gen.Choose(0, 200)
        select (mark, (string[])[.. values, new string('[', depth) + "1" + new string(']', depth)]);

    private static byte[] With(List<TensorToWrite> own, Stranger[] strangers)
    {
        List<(string Name, string Type, ImmutableArray<long> Shape, byte[] Data)> all =
            [.. own.Select(tensor => (tensor.Name, tensor.Type.Code(), tensor.Shape, Data(tensor)))];
        foreach (Stranger stranger in strangers)
            all.Insert(Math.Min(stranger.Place, all.Count), (stranger.Name, stranger.Type, stranger.Shape, new byte[stranger.Bytes]));
        JsonObject header = [];
        long at = 0;
        foreach ((string name, string type, ImmutableArray<long> shape, byte[] data) in all)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(side => (JsonNode)side)]),
                ["data_offsets"] = new JsonArray(at, at += data.Length),
            };
        }
        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. all.SelectMany(tensor => tensor.Data)];
    }

    private static byte[] Data(TensorToWrite tensor)
    {
        using var stream = new MemoryStream();
        tensor.WriteData(stream);
        return stream.ToArray();
    }

    private sealed record Stranger(string Name, string Type, ImmutableArray<long> Shape, int Bytes, int Place);
}

using System.Text.Json.Nodes;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class ShardIndexTests
{
    public static TheoryData<string> OutsidePaths => new(
        "../a.safetensors", "/etc/hostname", "x/../../a", "..\\a", "C:\\a", "C:a", "", ".", "a//b", "a\0b", "\\\\host\\a");

    [Theory]
    [InlineData("absolute", "\"/etc/hostname\"")]
    [InlineData("traversal", "\"../../../../etc/hostname\"")]
    [InlineData("missing-shard", "\"model-00009-of-00009.safetensors\"")]
    public void Every_golden_malformed_index_is_refused_with_the_file_it_names(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        File.Copy(GoldenFiles.PathOf("malformed-checkpoints", name + ".index.json"), folder.At("model.safetensors.index.json"));
        string message = Refusal(folder);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("model.safetensors.index.json", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(OutsidePaths))]
    public void A_path_that_leaves_the_folder_is_refused_before_it_is_opened(string path)
    {
        using var folder = new TemporaryFolder();
        WriteIndex(folder, ("a", path));
        Assert.Contains("relative path inside", Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_its_shard_does_not_hold_is_named()
    {
        using var folder = new TemporaryFolder();
        WriteShard(folder, "s1.safetensors", "a");
        WriteIndex(folder, ("a", "s1.safetensors"), ("b", "s1.safetensors"));
        string message = Refusal(folder);
        Assert.Contains("\"b\"", message, StringComparison.Ordinal);
        Assert.Contains("s1.safetensors", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_in_two_shards_is_refused()
    {
        using var folder = new TemporaryFolder();
        WriteShard(folder, "s1.safetensors", "a", "b");
        WriteShard(folder, "s2.safetensors", "b");
        WriteIndex(folder, ("a", "s1.safetensors"), ("b", "s2.safetensors"));
        Assert.Contains("unique over all shards", Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"x","a":"x"}}""", "twice")]
    [InlineData("""{"weight_map":{},"weight_map":{}}""", "twice")]
    [InlineData("""{"weight_map":{"a":1}}""", "expected a string")]
    [InlineData("""{"metadata":{}}""", "no weight_map")]
    [InlineData("""[]""", "expected an object")]
    [InlineData("""{""", "not valid JSON")]
    public void A_malformed_index_is_refused(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("model.safetensors.index.json"), json);
        Assert.Contains(expected, Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_in_a_folder_below_are_read()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("parts"));
        WriteShard(folder, "parts/s1.safetensors", "a");
        WriteIndex(folder, ("a", "parts/s1.safetensors"));
        using TensorStore store = TensorStore.Open(folder.Path);
        Assert.Equal("a", Assert.Single(store.Tensors).Key);
    }

    private static string Refusal(TemporaryFolder folder) =>
        Assert.Throws<CheckpointException>(() => TensorStore.Open(folder.Path).Dispose()).Message;

    private static void WriteShard(TemporaryFolder folder, string name, params string[] tensors) =>
        SafetensorsWriter.Write(
            folder.At(name), [.. tensors.Select(tensor => new TensorToWrite(tensor, TensorType.U8, [1], stream => stream.WriteByte(1)))]);

    private static void WriteIndex(TemporaryFolder folder, params (string Tensor, string File)[] entries)
    {
        var map = new JsonObject(entries.Select(entry => KeyValuePair.Create(entry.Tensor, (JsonNode?)entry.File)));
        File.WriteAllText(folder.At("model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
    }
}

using System.Text;
using System.Text.Json;
using VitGrid.Server.Tests.Api.Features;
using VitGrid.Testing;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Verbs;

/// <summary><c>vitgrid embed --features</c>, beside what the server gives out.</summary>
public sealed class EmbedFeatureTests : IDisposable
{
    private static readonly string Images = Path.Combine(GoldenFiles.Repository, "docs", "images");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_has_the_servers_numbers_without_the_images_that_failed()
    {
        string bad = _folder.Write("bad.png", "this is no image"), target = _folder.At("features.safetensors");
        VerbRun run = await VerbRun.RunAsync(
            "embed", Image("boat"), bad, Image("fish"), "--features", "layers=2,-1;outputs=cls,patches;layout=NCHW;dtype=fp16", "--out",
            target);
        Assert.Equal(2, run.ExitCode);

        await using FeatureServer server = new(segments: 1);
        await server.StartAsync();
        ReadTensors served = new(await server.FeaturesAsync("?layers=2,-1&outputs=cls,patches&layout=NCHW&dtype=fp16", "boat", "fish"));
        ReadTensors written = new(await File.ReadAllBytesAsync(target));
        Assert.True(written.IsWhole);
        Assert.Equal(
            served.Names.Select(name => name.Replace("images.1", "images.2", StringComparison.Ordinal)), written.Names);
        Assert.All(served.Names, name => Assert.Equal(
            served.Numbers(name), written.Numbers(name.Replace("images.1", "images.2", StringComparison.Ordinal))));
        JsonElement[] lines = [.. File.ReadAllLines(_folder.At("features.ids.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal((0, "unsupported_image_format", 2), (lines[0].GetProperty("image").GetInt32(),
            lines[1].GetProperty("error").GetProperty("code").GetString(), lines[2].GetProperty("image").GetInt32()));
    }

    [Fact]
    public async Task An_array_has_a_row_for_each_image_that_did_not_fail()
    {
        string bad = _folder.Write("bad.png", "this is no image"), target = _folder.At("patches.npy");
        VerbRun run = await VerbRun.RunAsync("embed", bad, Image("boat"), "--features", "layers=-1", "--output", "npy", "--out", target);
        Assert.Equal(2, run.ExitCode);
        byte[] file = await File.ReadAllBytesAsync(target);
        string head = Encoding.ASCII.GetString(file, 10, 118);
        Assert.Contains("'shape': (1, ", head, StringComparison.Ordinal);
        int[] shape = [.. head.Split('(')[1].Split(')')[0].Split(", ").Select(int.Parse)];
        Assert.Equal(128 + (4 * shape.Aggregate(1, (product, side) => product * side)), file.Length);
    }

    [Theory]
    [InlineData("add --out", "--features", "layers=1")]
    [InlineData("written as safetensors or npy", "--features", "layers=1", "--output", "parquet", "--out", "x")]
    [InlineData("for --features alone", "--output", "safetensors", "--out", "x")]
    [InlineData("--pooling is for vectors", "--features", "layers=1", "--pooling", "mean", "--out", "x")]
    [InlineData("'layer=1' is not one of layers=…", "--features", "layer=1", "--out", "x")]
    [InlineData("layers has 'x' in it", "--features", "layers=x", "--out", "x")]
    public async Task What_does_not_go_together_is_wrong_usage(string words, params string[] options)
    {
        VerbRun run = await VerbRun.RunAsync(["embed", Image("boat"), .. options]);
        Assert.Equal(64, run.ExitCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
    }

    private static string Image(string name) => Path.Combine(Images, name + ".png");
}

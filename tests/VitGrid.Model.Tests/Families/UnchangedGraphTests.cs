using System.Security.Cryptography;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tests.Checkpoints;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Families;

/// <summary>InternViT's graphs and files byte for byte as they were before there were families.</summary>
public sealed class UnchangedGraphTests
{
    [Theory]
    [InlineData("tiny-ln", 56, ActivationType.Float32, "c1de58ce6d099997")]
    [InlineData("tiny-ln", 70, ActivationType.Float16, "9b31d30066166434")]
    [InlineData("tiny-timm", 70, ActivationType.Float32, "520b69d9dbc389d4")]
    [InlineData("tiny-rms-qknorm", 56, ActivationType.Float32, "92d5d7639267c4f0")]
    [InlineData("tiny-sharded-bf16", 56, ActivationType.BFloat16, "baf3457b68585e48")]
    [InlineData("tiny-native", 56, ActivationType.Float32, "971db13b43aeec29")]
    public void Graphs_of_one_and_of_two_segments_keep_every_byte(string model, int side, ActivationType compute, string sum)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        int depth = checkpoint.Architecture.Depth;
        byte[][] graphs = [Graph(checkpoint, new(0, depth), side, compute), Graph(checkpoint, new(1, depth - 1), side, compute)];
        Assert.Equal(sum, Sum([.. graphs.SelectMany(graph => graph)]));
    }

    [Fact]
    public void Eight_bit_weights_keep_name_bytes_and_graph()
    {
        using var folder = new TemporaryFolder();
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        string file = folder.At("int8");
        EightBitFile.Write(checkpoint, EightBitForm.PairSafe, file);
        EncoderWeights weights = EightBitFile.TryRead(checkpoint, EightBitForm.PairSafe, file, new(0, 4))!;

        Assert.Equal(
            "int8-pairsafe-v1-8e2ba2d5f00241d4aa242af72e108e6a.safetensors", EightBitFile.NameOf(checkpoint, EightBitForm.PairSafe));
        Assert.Equal("a6530354bbbce223", Sum(File.ReadAllBytes(file)));
        Assert.Equal("992e34831ac38d5d", Sum(Graph(checkpoint, new(0, 4), 56, ActivationType.Float32, weights)));
    }

    private static byte[] Graph(
        Checkpoint checkpoint, BlockRange blocks, int side, ActivationType compute, EncoderWeights? weights = null) =>
        SegmentBuilder.Build(checkpoint, new SegmentRequest
        {
            Blocks = blocks,
            InputSize = InputSize.Square(side),
            Compute = compute,
            Weights = weights,
            PooledLayers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth),
        }).Onnx;

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
}

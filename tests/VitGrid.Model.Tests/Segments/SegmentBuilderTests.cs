using System.Globalization;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Graph.Onnx;
using VitGrid.Model.Segments;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Segments;

public sealed class SegmentBuilderTests
{
    private static readonly InputSize Size = InputSize.Square(56);

    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-sharded-bf16")]
    [InlineData("tiny-native")]
    public void Every_weight_stays_in_the_checkpoints_own_files(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        SegmentModel segment = Build(checkpoint, new(0, checkpoint.Architecture.Depth));
        GraphProto graph = ModelProto.Parser.ParseFrom(segment.Onnx).Graph;

        TensorProto[] external = [.. graph.Initializer.Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External)];
        Assert.Equal(checkpoint.WeightBytes, external.Sum(tensor => long.Parse(Field(tensor, "length"), CultureInfo.InvariantCulture)));
        Assert.All(external, tensor => Assert.True(File.Exists(Path.Combine(segment.WeightFolder, Field(tensor, "location")))));
        Assert.InRange(graph.Initializer.Except(external).Sum(tensor => tensor.RawData.Length), 0, 4096);
    }

    [Fact]
    public void Casts_of_weights_stand_first_so_that_each_runs_right_before_its_weight_is_used()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-sharded-bf16"));
        GraphProto graph = ModelProto.Parser.ParseFrom(Build(checkpoint, new(0, checkpoint.Architecture.Depth)).Onnx).Graph;
        HashSet<string> weights = [.. graph.Initializer.Select(tensor => tensor.Name)];
        bool[] casts = [.. graph.Node.Select(node => node.OpType == "Cast" && weights.Contains(node.Input[0]))];
        Assert.Contains(true, casts);
        Assert.DoesNotContain(true, casts.SkipWhile(isCast => isCast));
    }

    [Fact]
    public void A_fused_qkv_matrix_is_read_as_three_runs_of_the_same_bytes()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        GraphProto graph = ModelProto.Parser.ParseFrom(Build(checkpoint, new(0, 1)).Onnx).Graph;
        long[] offsets = [.. new[] { "query", "key", "value" }.Select(part =>
            long.Parse(Field(graph.Initializer.Single(tensor => tensor.Name == $"blocks.0/attention/{part}.weight"), "offset"),
                CultureInfo.InvariantCulture))];
        int bytes = 64 * 64 * sizeof(float);
        Assert.Equal([offsets[0], offsets[0] + bytes, offsets[0] + (2 * bytes)], offsets);
    }

    [Fact]
    public void Every_intermediate_has_the_path_of_its_node_as_its_name()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-rms-qknorm"));
        GraphProto graph = ModelProto.Parser.ParseFrom(Build(checkpoint, new(0, 6)).Onnx).Graph;
        Assert.All(graph.Node, node => Assert.Equal([node.Name], node.Output));
        Assert.Equal(graph.Node.Count, graph.Node.Select(node => node.Name).Distinct().Count());
        Assert.Contains(graph.Node, node => node.Name == "blocks.5/attention/key_norm");
    }

    [Fact]
    public void A_middle_segment_takes_and_gives_hidden_states_and_pools_its_own_layers_only()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-rms-qknorm"));
        SegmentModel segment = Build(checkpoint, new(2, 2));
        Assert.Equal("hidden_states.2", segment.Ports.InputName);
        Assert.Equal("hidden_states.4", segment.Ports.NextInput);
        Assert.Equal([3, 4], segment.Ports.PooledLayers);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 2)]
    [InlineData(-1, 1)]
    public void Blocks_that_the_encoder_does_not_have_are_refused(int first, int count)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => Build(checkpoint, new(first, count)));
        Assert.Contains("outside this encoder's 0..3", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_the_encoder_does_not_have_is_refused()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        SegmentRequest request = new() { Blocks = new(0, 4), InputSize = Size, PooledLayers = [5] };
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => SegmentBuilder.Build(checkpoint, request));
        Assert.Contains("layer 5 is outside this encoder's 0..4", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny-ln", 13, 56, "smaller than one patch")]
    [InlineData("tiny-timm", 61, 75, "not a whole number")]
    public void An_input_size_the_encoder_cannot_take_is_refused(string model, int height, int width, string why)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        SegmentRequest request = new() { Blocks = new(0, 4), InputSize = new(height, width), PooledLayers = [4] };
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => SegmentBuilder.Build(checkpoint, request));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    private static SegmentModel Build(Checkpoint checkpoint, BlockRange blocks) => SegmentBuilder.Build(checkpoint, new SegmentRequest
    {
        Blocks = blocks,
        InputSize = Size,
        PooledLayers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth),
    });

    private static string Field(TensorProto tensor, string key) => tensor.ExternalData.Single(entry => entry.Key == key).Value;
}

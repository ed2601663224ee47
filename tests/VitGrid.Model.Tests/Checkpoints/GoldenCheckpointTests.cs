using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class GoldenCheckpointTests
{
    private static readonly EncoderArchitecture TinyLn = new()
    {
        Width = 64,
        Depth = 4,
        Heads = 4,
        MlpWidth = 256,
        PatchSize = 14,
        ImageSize = 56,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-6f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 1e-6f,
        Interpolation = PositionInterpolation.Original,
    };

    private static readonly EncoderArchitecture TinyFp16 =
        TinyLn with { Width = 80, Depth = 3, Heads = 5, MlpWidth = 320, ImageSize = 42 };

    private static readonly EncoderArchitecture TinyRms = TinyLn with { Norm = NormKind.RmsNorm, QueryKeyNorm = true };

    public static TheoryData<string, string, TensorType, EncoderArchitecture> Folders => new()
    {
        { "tiny-ln", "Original", TensorType.F32, TinyLn },
        { "tiny-posinterp", "Original", TensorType.F32, TinyLn with { Depth = 3 } },
        { "tiny-fp16", "Original", TensorType.F16, TinyFp16 },
        { "tiny-timm", "Timm", TensorType.F32, TinyLn with { Interpolation = PositionInterpolation.Timm } },
        { "tiny-rms-qknorm", "Original", TensorType.F32, TinyRms with { Width = 160, Depth = 6, Heads = 5, MlpWidth = 320 } },
        { "tiny-sharded-bf16", "Original", TensorType.BF16, TinyRms with { Width = 96, Heads = 3, MlpWidth = 384 } },
        { "tiny-native", "Transformers", TensorType.F32, TinyRms with { Width = 96, Depth = 3, Heads = 3, MlpWidth = 192 } },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_golden_folder_opens_with_the_shape_it_was_made_with(
        string name, string naming, TensorType type, EncoderArchitecture architecture)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(name));
        Assert.Equal(architecture, checkpoint.Architecture);
        Assert.Equal((naming, type), (checkpoint.Naming, checkpoint.StoredType));
        Assert.Equal(architecture.Depth, checkpoint.Weights.Blocks.Length);
        Assert.Empty(checkpoint.UnusedTensors);
        Assert.Equal(checkpoint.ParameterCount * type.ElementSize(), checkpoint.WeightBytes);
    }

    [Fact]
    public void The_shipped_model_opens()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        EncoderArchitecture shape = checkpoint.Architecture;
        Assert.Equal((192, 4, 3, 112), (shape.Width, shape.Depth, shape.Heads, shape.ImageSize));
        Assert.Equal(TensorType.BF16, checkpoint.StoredType);
    }

    [Fact]
    public void Query_key_and_value_are_the_thirds_of_the_fused_matrix()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(GoldenFiles.Model("tiny-ln"), "model.safetensors"));
        BlockWeights block = checkpoint.Weights.Blocks[2];
        LinearWeights[] parts = [block.Query, block.Key, block.Value];
        Assert.All(parts, part => Assert.Equal([64L, 64L], part.Weight.Shape.AsEnumerable()));
        Assert.Equal(file.ReadFloats("encoder.layers.2.attn.qkv.weight"), parts.SelectMany(part => checkpoint.ReadFloats(part.Weight)));
        Assert.Equal(file.ReadFloats("encoder.layers.2.attn.qkv.bias"), parts.SelectMany(part => checkpoint.ReadFloats(part.Bias!)));
    }

    [Fact]
    public void Absent_parts_are_null()
    {
        using Checkpoint rms = Checkpoint.Open(GoldenFiles.Model("tiny-native"));
        BlockWeights block = rms.Weights.Blocks[0];
        Assert.Null(block.Query.Bias);
        Assert.Null(block.Norm1.Bias);
        Assert.NotNull(block.QueryNorm);
        Assert.NotNull(block.LayerScale1);
        using Checkpoint layerNorm = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        Assert.Null(layerNorm.Weights.Blocks[0].KeyNorm);
        Assert.NotNull(layerNorm.Weights.Blocks[0].Norm2.Bias);
    }

    [Fact]
    public void A_slice_of_another_checkpoint_is_refused()
    {
        using Checkpoint one = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using Checkpoint other = Checkpoint.Open(GoldenFiles.Model("tiny-fp16"));
        Assert.Throws<ArgumentException>(() => one.ReadFloats(other.Weights.ClassToken!));
    }

    [Fact]
    public void Reading_after_disposal_throws_and_does_not_crash()
    {
        Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        checkpoint.Dispose();
        Assert.Throws<ObjectDisposedException>(() => checkpoint.ReadFloats(checkpoint.Weights.ClassToken!));
        checkpoint.Dispose();
        checkpoint.Evict();
    }

    [Fact]
    public void Weights_read_the_same_after_their_memory_was_given_back()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        float[] before = checkpoint.ReadFloats(checkpoint.Weights.ClassToken!);
        checkpoint.Evict();
        Assert.Equal(before, checkpoint.ReadFloats(checkpoint.Weights.ClassToken!));
    }
}

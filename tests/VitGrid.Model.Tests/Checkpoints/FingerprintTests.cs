using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class FingerprintTests
{
    [Fact]
    public void The_same_weights_under_timms_names_differ_by_the_interpolation_alone()
    {
        using Checkpoint original = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        using Checkpoint timm = Checkpoint.Open(GoldenFiles.Model("tiny-timm"));
        Assert.NotEqual(original.ComputeFingerprint(), timm.ComputeFingerprint());
        Assert.Equal(original.ComputeFingerprint(), timm.ComputeFingerprint(original.Architecture));
    }

    [Fact]
    public void Sharding_and_order_do_not_change_it()
    {
        using Checkpoint sharded = Checkpoint.Open(GoldenFiles.Model("tiny-sharded-bf16"));
        using var edited = new EditableCheckpoint("tiny-sharded-bf16");
        edited.Tensors.Reverse();
        using Checkpoint single = edited.Open();
        Assert.Equal(sharded.ComputeFingerprint(), single.ComputeFingerprint());
    }

    [Fact]
    public void It_is_32_hex_digits_that_stay_the_same_from_release_to_release()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        Assert.Equal("8e2ba2d5f00241d4aa242af72e108e6a", checkpoint.ComputeFingerprint());
    }

    [Theory]
    [InlineData("embeddings.class_embedding", 0)]
    [InlineData("encoder.layers.3.mlp.fc2.weight", -1)]
    [InlineData("encoder.layers.1.attn.qkv.weight", 20_000)]
    [InlineData("encoder.layers.1.attn.qkv.bias", -1)]
    public void One_flipped_bit_changes_it(string tensor, int at)
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        using Checkpoint before = edited.Open();
        string fingerprint = before.ComputeFingerprint();
        int index = edited.Tensors.FindIndex(candidate => candidate.Name == tensor);
        edited.Tensors[index] = Flip(edited.Tensors[index], at);
        using Checkpoint after = edited.Open();
        Assert.NotEqual(fingerprint, after.ComputeFingerprint());
    }

    [Fact]
    public void Another_normalisation_of_the_images_changes_it()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        using Checkpoint before = edited.Open();
        string fingerprint = before.ComputeFingerprint();
        edited.Preprocessor!["image_std"] = new System.Text.Json.Nodes.JsonArray(0.229, 0.224, 0.226);
        using Checkpoint after = edited.Open();
        Assert.NotEqual(fingerprint, after.ComputeFingerprint());
    }

    [Fact]
    public void Every_number_of_the_architecture_changes_it()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-rms-qknorm"));
        EncoderArchitecture shape = checkpoint.Architecture;
        EncoderArchitecture[] others =
        [
            shape,
            shape with { Heads = 10 },
            shape with { NormEpsilon = 1e-5f },
            shape with { QueryKeyNormEpsilon = 1e-5f },
            shape with { ImageSize = 57 },
            shape with { PatchSize = 28 },
            shape with { Norm = NormKind.LayerNorm },
            shape with { Interpolation = PositionInterpolation.Timm },
        ];
        Assert.Equal(others.Length, others.Select(other => checkpoint.ComputeFingerprint(other)).Distinct().Count());
    }

    [Fact]
    public void An_unused_tensor_does_not_change_it()
    {
        using var edited = new EditableCheckpoint("tiny-ln");
        using Checkpoint before = edited.Open();
        string fingerprint = before.ComputeFingerprint();
        edited.Add("head.weight", 3, 64);
        using Checkpoint after = edited.Open();
        Assert.Equal(fingerprint, after.ComputeFingerprint());
    }

    [Fact]
    public void It_can_be_cancelled()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        Assert.Throws<OperationCanceledException>(() => checkpoint.ComputeFingerprint(new CancellationToken(canceled: true)));
    }

    private static TensorToWrite Flip(TensorToWrite tensor, int at)
    {
        using var stream = new MemoryStream();
        tensor.WriteData(stream);
        byte[] bytes = stream.ToArray();
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        return tensor with { WriteData = target => target.Write(bytes) };
    }
}

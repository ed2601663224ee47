using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class RandomCheckpointTests
{
    private static readonly EncoderArchitecture Tiny = new()
    {
        Width = 48,
        Depth = 3,
        Heads = 3,
        MlpWidth = 96,
        PatchSize = 7,
        ImageSize = 35,
        Norm = NormKind.LayerNorm,
        NormEpsilon = 1e-5f,
        QueryKeyNorm = false,
        QueryKeyNormEpsilon = 1e-5f,
        Interpolation = PositionInterpolation.Original,
    };

    public static TheoryData<EncoderArchitecture, TensorType, long> Shapes => new()
    {
        { Tiny, TensorType.F32, RandomCheckpoint.DefaultShardBytes },
        { Tiny with { Norm = NormKind.RmsNorm, QueryKeyNorm = true }, TensorType.BF16, 10_000 },
        { Tiny with { QueryKeyNorm = true, ImageSize = 36 }, TensorType.F16, 1 },
    };

    public static TheoryData<string, long> Published => new()
    {
        { "internvit-300m-448px", 304_012_288 },
        { "internvit-6b-448px-v2.5", 5_536_496_000 },
        { "internvit-6b-224px", 5_902_793_600 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void What_is_written_opens_with_the_shape_asked_for(EncoderArchitecture architecture, TensorType type, long shardBytes)
    {
        using var folder = new TemporaryFolder();
        RandomCheckpoint.Write(architecture, folder.At("m"), seed: 1, type, shardBytes);
        using Checkpoint checkpoint = Checkpoint.Open(folder.At("m"));
        Assert.Equal(architecture, checkpoint.Architecture);
        Assert.Equal(type, checkpoint.StoredType);
        Assert.Empty(checkpoint.UnusedTensors);
        Assert.Equal((ResizeMode.Crop, architecture.ImageSize), (checkpoint.Preprocessing.Mode, checkpoint.Preprocessing.Size));
        Assert.Equal(shardBytes < 20_000, File.Exists(folder.At("m", "model.safetensors.index.json")));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void The_published_shapes_have_the_published_number_of_parameters(string name, long parameters)
    {
        EncoderArchitecture shape = RandomCheckpoint.Architectures[name];
        Assert.Equal(parameters, RandomCheckpoint.ParameterCount(shape));
        Assert.Equal(shape.Width, shape.Heads * shape.HeadWidth);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_on_every_machine()
    {
        Assert.Equal("ba5f46cf31f230c9780a06f84ba52199", FingerprintOf(seed: 7));
        Assert.NotEqual(FingerprintOf(seed: 7), FingerprintOf(seed: 8));
    }

    [Fact]
    public void Matrices_are_centred_with_a_deviation_of_one_over_the_root_of_their_inputs()
    {
        using var folder = new TemporaryFolder();
        RandomCheckpoint.Write(Tiny with { Width = 96, MlpWidth = 384 }, folder.At("m"), seed: 3, TensorType.F32);
        using Checkpoint checkpoint = Checkpoint.Open(folder.At("m"));
        float[] weights = checkpoint.ReadFloats(checkpoint.Weights.Blocks[0].Fc1.Weight);
        Assert.Equal([0.15678358f, 0.003549776f, -0.096601926f], [weights[0], weights[1], weights[5000]]);
        Assert.InRange(weights.Average(), -0.002, 0.002);
        Assert.InRange(Math.Sqrt(weights.Average(weight => weight * weight)), 0.98 / Math.Sqrt(96), 1.02 / Math.Sqrt(96));
        Assert.All(checkpoint.ReadFloats(checkpoint.Weights.Blocks[0].Norm1.Weight), weight => Assert.Equal(1, weight));
        Assert.All(checkpoint.ReadFloats(checkpoint.Weights.Blocks[2].LayerScale2!), weight => Assert.Equal(0.1f, weight));
        Assert.NotEqual(weights, checkpoint.ReadFloats(checkpoint.Weights.Blocks[1].Fc1.Weight));
    }

    [Fact]
    public void A_folder_that_is_not_empty_is_refused_and_an_empty_one_is_filled()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("m"));
        RandomCheckpoint.Write(Tiny, folder.At("m") + Path.DirectorySeparatorChar, seed: 0, TensorType.BF16);
        string message = Assert.Throws<CheckpointException>(() => RandomCheckpoint.Write(Tiny, folder.At("m"), 0, TensorType.BF16)).Message;
        Assert.Contains("not an empty folder", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_write_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        var progress = new Reports(_ => cancellation.Cancel());
        Assert.ThrowsAny<OperationCanceledException>(() =>
            RandomCheckpoint.Write(Tiny, folder.At("m"), 0, TensorType.F32, progress: progress, cancellationToken: cancellation.Token));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Progress_rises_to_one()
    {
        using var folder = new TemporaryFolder();
        var seen = new List<double>();
        RandomCheckpoint.Write(Tiny, folder.At("m"), 0, TensorType.F32, progress: new Reports(seen.Add));
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(1, seen[^1]);
    }

    [Fact]
    public void An_unknown_name_or_type_is_refused_with_the_known_ones()
    {
        using var folder = new TemporaryFolder();
        Refused.With(() => RandomCheckpoint.Write("internvit-9b", folder.At("m"), 0, TensorType.F32), "internvit-300m-448px");
        Refused.With(() => RandomCheckpoint.Write(Tiny, folder.At("m"), 0, TensorType.I8), "BF16");
        Assert.Throws<ArgumentException>(
            () => RandomCheckpoint.Write(Tiny with { Interpolation = PositionInterpolation.Timm }, folder.At("m"), 0, TensorType.F32));
    }

    private static string FingerprintOf(ulong seed)
    {
        using var folder = new TemporaryFolder();
        RandomCheckpoint.Write(Tiny, folder.At("m"), seed, TensorType.BF16);
        using Checkpoint checkpoint = Checkpoint.Open(folder.At("m"));
        return checkpoint.ComputeFingerprint();
    }

    private sealed class Reports(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}

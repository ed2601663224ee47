using System.Numerics.Tensors;
using NetVips;
using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>What faster decoding does to the bundled model's vectors. The figures stand in docs/operations.md.</summary>
public sealed class FastVectorTests : IDisposable
{
    private const double MinCosine = 0.9998, MaxInLikeness = 0.01;
    private readonly ITestOutputHelper _output;
    private readonly Checkpoint _checkpoint = Checkpoint.Open(GoldenFiles.Nano);
    private readonly ISegmentSession _session;
    private readonly PreprocessProfile _exact;

    public FastVectorTests(ITestOutputHelper output)
    {
        _output = output;
        _exact = PreprocessProfile.Resolve(null, _checkpoint.Preprocessing);
        _session = TestSessions.Load(
            _checkpoint,
            new()
            {
                Blocks = new(0, _checkpoint.Architecture.Depth), InputSize = _exact.Size, Device = ExecutionBackends.Processor, Threads = 2,
            });
    }

    [Theory]
    [InlineData(4, ".jpg")]
    [InlineData(8, ".jpg")]
    [InlineData(4, ".webp")]
    [InlineData(8, ".webp")]
    public void Drawings_keep_their_direction_and_their_likeness_to_each_other(int enlarged, string format)
    {
        string[] names = [.. Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "docs", "images"), "*.png").Order(
            StringComparer.Ordinal)];
        byte[][] files = [.. names.Select(name => Large(name, enlarged, format))];
        float[][] exact = [.. files.Select(file => Embed(file, _exact))], fast = [
            .. files.Select(file => Embed(file, _exact with { FastDecode = true }))];
        double[] cosines = [.. exact.Zip(fast, (one, other) => Likeness(one, other))];
        double likeness = Enumerable.Range(0, files.Length).Max(
            i => exact.Max(other => Math.Abs(Likeness(other, exact[i]) - Likeness(other, fast[i]))));
        _output.WriteLine($"{format} × {enlarged}: least {cosines.Min():0.00000}, mean {cosines.Average():0.00000}, likeness changes by at "
            + $"most {likeness:0.00000}");
        Assert.InRange(cosines.Min(), MinCosine, 1 - 1e-6);
        Assert.InRange(likeness, 0, MaxInLikeness);
    }

    [Fact]
    public void The_large_fixture_keeps_its_direction()
    {
        byte[] file = GoldenImages.File("images/large.jpg");
        double cosine = Likeness(Embed(file, _exact), Embed(file, _exact with { FastDecode = true }));
        _output.WriteLine($"large.jpg: {cosine:0.00000}");
        Assert.InRange(cosine, MinCosine, 1 - 1e-9);
    }

    public void Dispose()
    {
        _session.Dispose();
        _checkpoint.Dispose();
    }

    private static byte[] Large(string image, int times, string format)
    {
        using Image drawing = Image.NewFromFile(image);
        using Image large = drawing.Resize(times);
        return large.WriteToBuffer(format, new VOption { { "Q", 90 } });
    }

    private static double Likeness(float[] one, float[] other) => TensorPrimitives.CosineSimilarity<float>(one, other);

    private float[] Embed(byte[] file, PreprocessProfile profile)
    {
        int width = _checkpoint.Architecture.Width;
        using Activation activation = _session.RunPixels([GoldenImages.Process(file, profile)]);
        float[] classThenMean = new float[2 * width];
        activation.CopyPooled(_checkpoint.Architecture.Depth, 0, classThenMean);
        return classThenMean[..width];
    }
}

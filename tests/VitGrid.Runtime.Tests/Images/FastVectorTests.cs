using System.Numerics.Tensors;
using NetVips;
using VitGrid.Model.Checkpoints;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Sessions;
using VitGrid.Tests.Golden;
using Xunit.Abstractions;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>What faster decoding does to the bundled model's vectors. The figures stand in docs/operations.md.</summary>
public sealed class FastVectorTests : IDisposable
{
    private const double LeastCosine = 0.995;
    private readonly ITestOutputHelper _output;
    private readonly Checkpoint _checkpoint = Checkpoint.Open(GoldenFiles.Nano);
    private readonly SegmentSession _session;
    private readonly PreprocessProfile _exact;

    public FastVectorTests(ITestOutputHelper output)
    {
        _output = output;
        _exact = PreprocessProfile.Resolve(null, _checkpoint.Preprocessing);
        _session = SegmentSession.Load(_checkpoint, new() { Blocks = new(0, _checkpoint.Architecture.Depth), InputSize = _exact.Size, Threads = 2 });
    }

    [Theory]
    [InlineData(4, ".jpg")]
    [InlineData(8, ".jpg")]
    [InlineData(4, ".webp")]
    [InlineData(8, ".webp")]
    public void Drawings_keep_their_direction_and_their_likes(int enlarged, string format)
    {
        string[] names = [.. Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "docs", "pictures"), "*.png").Order(StringComparer.Ordinal)];
        byte[][] files = [.. names.Select(name => Large(name, enlarged, format))];
        float[][] exact = [.. files.Select(file => Embed(file, _exact))], fast = [.. files.Select(file => Embed(file, _exact with { FastDecode = true }))];
        double[] cosines = [.. exact.Zip(fast, (one, other) => (double)TensorPrimitives.CosineSimilarity<float>(one, other))];
        _output.WriteLine($"{format} × {enlarged}: least {cosines.Min():0.00000}, mean {cosines.Average():0.00000}");
        Assert.InRange(cosines.Min(), LeastCosine, 1 - 1e-6);
        Assert.All(Enumerable.Range(0, files.Length), i => Assert.Equal(Nearest(exact, i, exact[i]), Nearest(exact, i, fast[i])));
    }

    [Fact]
    public void The_large_fixture_keeps_its_direction()
    {
        byte[] file = GoldenPictures.File("images/large.jpg");
        double cosine = TensorPrimitives.CosineSimilarity<float>(Embed(file, _exact), Embed(file, _exact with { FastDecode = true }));
        _output.WriteLine($"large.jpg: {cosine:0.00000}");
        Assert.InRange(cosine, LeastCosine, 1 - 1e-9);
    }

    public void Dispose()
    {
        _session.Dispose();
        _checkpoint.Dispose();
    }

    private static byte[] Large(string picture, int times, string format)
    {
        using Image drawing = Image.NewFromFile(picture);
        using Image large = drawing.Resize(times);
        return large.WriteToBuffer(format, new VOption { { "Q", 90 } });
    }

    /// <summary>The other picture that is most alike.</summary>
    private static int Nearest(float[][] all, int self, float[] vector) =>
        Enumerable.Range(0, all.Length).Where(other => other != self).MaxBy(other => TensorPrimitives.CosineSimilarity<float>(all[other], vector));

    private float[] Embed(byte[] file, PreprocessProfile profile)
    {
        int width = _checkpoint.Architecture.Width;
        using Activation activation = _session.RunPixels([GoldenPictures.Process(file, profile)]);
        float[] classThenMean = new float[2 * width];
        activation.CopyPooled(_checkpoint.Architecture.Depth, 0, classThenMean);
        return classThenMean[..width];
    }
}

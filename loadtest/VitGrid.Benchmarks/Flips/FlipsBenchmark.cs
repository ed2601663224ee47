using System.Diagnostics;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks.Flips;

/// <summary>
/// Turns single bits of a model's weights, one load a bit, drawn over all weights and all positions in a number, and compares how far
/// golden images' unit vectors move with how far the probe's does.
/// </summary>
internal sealed class FlipsBenchmark(string model, string folder, int? side, int threads)
{
    private const int Golden = 4;

    public FlipsResult Run(int seed, int count, TextWriter progress, CancellationToken cancellationToken)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        SegmentSettings settings = new()
        {
            Blocks = new(0, checkpoint.Architecture.Depth),
            InputSize = InputSize.Square(side ?? checkpoint.Architecture.ImageSize),
            Device = ExecutionBackends.Processor,
            Threads = threads,
            Sharing = new(),
        };
        SegmentModel graph = SegmentBuilder.Build(
            checkpoint, new() { Blocks = settings.Blocks, InputSize = settings.InputSize, PooledLayers = [checkpoint.Architecture.Depth] });
        using ISegmentSession whole = settings.Device.Backend.Load(checkpoint, settings);
        using GoldenProbe probe = GoldenProbe.Load(checkpoint, settings, whole);
        byte[][] images = Decode(PreprocessProfile.Resolve(null, checkpoint.Preprocessing) with { Size = settings.InputSize });
        float[][] known = [.. images.Select(image => Vectors(checkpoint, whole, image))];
        List<Flip> flips = [];
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            WeightFlip flip = new(seed + i);
            using ISegmentSession flipped = settings.Device.Backend.Load(checkpoint, settings with { Flip = flip, Sharing = null });
            double moved = images.Select((image, k) => UnitDistance.Between(
                Vectors(checkpoint, flipped, image), known[k], checkpoint.Architecture.Width)).Max();
            (string weight, int bit) = flip.Describe(graph);
            flips.Add(new(seed + i, weight, bit, moved, probe.RunWith(flip, flipped)));
            if ((i + 1) % 50 == 0)
                progress.WriteLine($"{i + 1} of {count}");
        }
        return new(
            Describe(checkpoint, probe), probe.Tolerance, flips, Median(() => probe.Run()),
            Median(() => Vectors(checkpoint, whole, images[0])));
    }

    private static float[] Vectors(Checkpoint checkpoint, ISegmentSession session, byte[] image)
    {
        float[] vectors = new float[2 * checkpoint.Architecture.Width];
        using Activation result = session.RunPixels([image]);
        result.CopyPooled(checkpoint.Architecture.Depth, 0, vectors);
        return vectors;
    }

    private static TimeSpan Median(Action run)
    {
        TimeSpan[] times = [.. Enumerable.Range(0, 31).Select(_ =>
        {
            long began = Stopwatch.GetTimestamp();
            run();
            return Stopwatch.GetElapsedTime(began);
        }).Order()];
        return times[times.Length / 2];
    }

    private static string Describe(Checkpoint checkpoint, GoldenProbe probe) => Text(
        $"{Path.GetFileName(checkpoint.Directory)}: {checkpoint.ParameterCount / 1e6:0.#} million weights, stored in "
            + $"{checkpoint.StoredType}; the probe is an image of {(probe.IsSmall ? "four patches" : "the model's own size")}");

    private byte[][] Decode(PreprocessProfile profile)
    {
        ImagePreprocessor preprocessor = new(new ImageLimits());
        return [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal).Take(Golden).Select(file =>
        {
            byte[] pixels = new byte[profile.Size.PixelBytes];
            preprocessor.Process(File.ReadAllBytes(file), profile, pixels);
            return pixels;
        })];
    }
}

/// <summary>One turned bit.</summary>
/// <param name="Seed">Draws it.</param>
/// <param name="Weight">The weight it is in.</param>
/// <param name="Bit">Its number within the stored element.</param>
/// <param name="Moved">Largest distance of a golden image's unit vector from what it was.</param>
/// <param name="Seen">The same of the probe's.</param>
internal sealed record Flip(int Seed, string Weight, int Bit, double Moved, double Seen)
{
    /// <summary>What a golden image may move by.</summary>
    public const double Limit = 1e-3;

    /// <summary>Whether it moves a golden image by more than that; no number is the longest way.</summary>
    public bool Matters => !(Moved <= Limit);

    /// <summary>Whether the probe sees it.</summary>
    public bool IsFoundWithin(double tolerance) => !(Seen <= tolerance);
}

/// <summary>What the flips showed.</summary>
/// <param name="Model">The model and its probe.</param>
/// <param name="Tolerance">How far the probe's vector may move unseen.</param>
/// <param name="Flips">All of them.</param>
/// <param name="Probe">Median time of a probe.</param>
/// <param name="Image">Median time of a golden image.</param>
internal sealed record FlipsResult(string Model, double Tolerance, IReadOnlyList<Flip> Flips, TimeSpan Probe, TimeSpan Image)
{
    private const int Rounds = 200;

    /// <summary>Those that matter and that the probe does not see.</summary>
    public IEnumerable<Flip> Missed => Flips.Where(flip => flip.Matters && !flip.IsFoundWithin(Tolerance));

    public IEnumerable<string> Lines()
    {
        Flip[] matter = [.. Flips.Where(flip => flip.Matters)];
        yield return Model;
        int weights = Flips.Select(flip => flip.Weight).Distinct().Count();
        yield return Text($"{Flips.Count} bits, seeds {Flips[0].Seed} to {Flips[^1].Seed}, over {weights} weights and bits "
            + $"{Flips.Min(flip => flip.Bit)} to {Flips.Max(flip => flip.Bit)}");
        yield return Text($"move a golden image by more than {Flip.Limit:0.###}: {matter.Length}; found, at a tolerance of "
            + $"{Tolerance:0.#e-0}: {matter.Length - Missed.Count()}");
        foreach (double tolerance in (double[])[5e-4, 1e-4, 2e-5, 0])
            yield return Text($"  at a tolerance of {tolerance:0.######}: {matter.Count(flip => flip.IsFoundWithin(tolerance))} found");
        double[] ratios = [.. matter.Where(flip => double.IsFinite(flip.Moved) && double.IsFinite(flip.Seen)).Select(
            flip => flip.Seen / flip.Moved).Order()];
        if (ratios.Length > 0)
        {
            yield return Text(
                $"the probe moves by so many times as much: least {ratios[0]:0.###}, median {ratios[ratios.Length / 2]:0.##}");
        }
        foreach (Flip flip in Missed)
        {
            yield return Text(
                $"  missed: seed {flip.Seed}, {flip.Weight}, bit {flip.Bit}: image {flip.Moved:0.#e-0}, probe {flip.Seen:0.#e-0}");
        }
        TimeSpan pause = Rounds * Probe;
        yield return Text($"a probe takes {Probe.TotalMilliseconds:0.00} ms, an image {Image.TotalMilliseconds:0.00} ms; at half a "
            + $"percent of the device one runs every {Math.Max(1, pause.TotalSeconds):0.#} s");
    }
}

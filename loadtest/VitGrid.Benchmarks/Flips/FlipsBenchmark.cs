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
/// Turns single bits of a model's weights, drawn over all weights and all positions in a number, and compares how far golden images' unit
/// vectors move with how far the probe's does.
/// </summary>
/// <param name="model">Folder of the model.</param>
/// <param name="folder">Folder of the golden images.</param>
/// <param name="side">Side of the images in pixels; null: the model's own.</param>
/// <param name="threads">Threads of a run.</param>
/// <param name="seen">
/// For how many of the bits that the probe sees golden images are computed; for those that it does not see they always are.
/// </param>
internal sealed class FlipsBenchmark(string model, string folder, int? side, int threads, int seen)
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
        };
        byte[][] images = Decode(PreprocessProfile.Resolve(null, checkpoint.Preprocessing) with { Size = settings.InputSize });
        (string described, double tolerance, TimeSpan probeTook, TimeSpan imageTook, InputSize size, byte[] picture) =
            TimeWhole(checkpoint, settings, images[0]);
        List<ISegmentSession> segments = [.. BlockChain.Blocks(checkpoint).Select(Load)];
        BlockChain golden = new(checkpoint, segments, settings.InputSize, settings.InputSize, images);
        BlockChain probe = new(checkpoint, segments, settings.InputSize, size, picture);
        SegmentModel[] graphs = [.. BlockChain.Blocks(checkpoint).Select(blocks => SegmentBuilder.Build(
            checkpoint, new() { Blocks = blocks, InputSize = settings.InputSize, PooledLayers = [checkpoint.Architecture.Depth] }))];
        List<Flip> flips = [];
        int computed = 0;
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // One after the other: block and place in it are not to follow from the same number.
            Random random = new(seed + i);
            int block = DrawBlock(graphs, random);
            WeightFlip flip = new(random.Next());
            using ISegmentSession flipped = settings.Device.Backend.Load(checkpoint, settings with { Blocks = new(block, 1), Flip = flip });
            double told = Moved(probe, block, flipped, checkpoint);
            bool isSeen = !(told <= tolerance);
            double? moved = isSeen && computed >= seen ? null : Moved(golden, block, flipped, checkpoint);
            computed += isSeen && moved is not null ? 1 : 0;
            (string weight, int bit) = flip.Describe(graphs[block]);
            flips.Add(new(seed + i, weight, bit, moved, told));
            if ((i + 1) % 50 == 0)
                progress.WriteLine($"{i + 1} of {count}");
        }
        segments.ForEach(segment => segment.Dispose());
        return new(described, tolerance, flips, probeTook, imageTook);

        ISegmentSession Load(BlockRange blocks) => settings.Device.Backend.Load(checkpoint, settings with { Blocks = blocks });
    }

    /// <summary>What the whole model, as one segment, is probed with, and how long that and an image take.</summary>
    private static (string Described, double Tolerance, TimeSpan Probe, TimeSpan Image, InputSize Size, byte[] Picture) TimeWhole(
        Checkpoint checkpoint, SegmentSettings settings, byte[] image)
    {
        using ISegmentSession whole = settings.Device.Backend.Load(checkpoint, settings);
        GoldenProbe probe = GoldenProbe.Load(checkpoint, settings, whole);
        return (Describe(checkpoint, probe), probe.Tolerance, Median(() => probe.Run()), Median(() => Vectors(checkpoint, whole, image)),
            probe.InputSize, probe.Input.ToArray());
    }

    /// <summary>Each byte of the model's weights is as likely.</summary>
    private static int DrawBlock(SegmentModel[] graphs, Random random)
    {
        long[] bytes = [.. graphs.Select(WeightFlip.Bytes)];
        long at = random.NextInt64(bytes.Sum());
        int block = 0;
        while ((at -= bytes[block]) >= 0)
            block++;
        return block;
    }

    private static double Moved(BlockChain chain, int block, ISegmentSession flipped, Checkpoint checkpoint) =>
        chain.RunWith(block, flipped).Zip(chain.Known, (vector, known) => UnitDistance.Between(
            vector, known, checkpoint.Architecture.Width)).Max();

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
/// <param name="Moved">Largest distance of a golden image's unit vector from what it was; null: none was computed.</param>
/// <param name="Seen">The same of the probe's.</param>
internal sealed record Flip(int Seed, string Weight, int Bit, double? Moved, double Seen)
{
    /// <summary>What a golden image may move by.</summary>
    public const double Limit = 1e-3;

    /// <summary>Whether it moves a golden image by more than that; no number is the longest way.</summary>
    public bool Matters => Moved is { } moved && !(moved <= Limit);

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
        int seen = Flips.Count(flip => flip.IsFoundWithin(Tolerance)), computed = Flips.Count(flip => flip.Moved is not null);
        yield return Text($"the probe sees {seen} of them, at a tolerance of {Tolerance:0.#e-0}");
        yield return Text($"golden images computed with {computed} of them, every one that the probe does not see included; "
            + $"moved by more than {Flip.Limit:0.###}: {matter.Length}; of these the probe sees {matter.Length - Missed.Count()}");
        foreach (double tolerance in (double[])[5e-4, 1e-4, 2e-5, 0])
            yield return Text($"  at a tolerance of {tolerance:0.######}: {matter.Count(flip => flip.IsFoundWithin(tolerance))} found");
        double[] ratios = [.. matter.Where(flip => double.IsFinite(flip.Moved!.Value) && double.IsFinite(flip.Seen)).Select(
            flip => flip.Seen / flip.Moved!.Value).Order()];
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

using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Precisions;

/// <summary>What holds for every text tower in every arithmetic: a text's numbers are its own, whatever runs beside it.</summary>
public sealed class TextTowerPrecisionTests
{
    // One of each kind of tower; vectors of the smallest are all of a few numbers, and 8 bits are not for such.
    private const double LeastCosine = 0.999;

    public static TheoryData<string> Models =>
        [.. Directory.EnumerateDirectories(GoldenFiles.PathOf("text", "models")).Select(folder => Path.GetFileName(folder)).Order()];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_text_among_thirty_two_equals_the_text_alone_bit_for_bit_and_so_does_one_of_two_segments(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", model));
        AssertAlone(checkpoint.TextTower!, Precision.Fp32);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void In_8_bits_it_does_too(string model)
    {
        using CopiedModel copy = new(GoldenFiles.PathOf("text", "models", model));
        using Checkpoint checkpoint = copy.Open();
        AssertAlone(checkpoint.TextTower!, Precision.Int8);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Eight_bits_point_where_single_precision_does(string model)
    {
        using CopiedModel copy = new(GoldenFiles.PathOf("text", "models", model));
        using Checkpoint checkpoint = copy.Open();
        Checkpoint tower = checkpoint.TextTower!;
        ReadOnlyMemory<byte>[] texts = Texts(tower, 2);
        float[][] exact = Vectors(tower, Precision.Fp32, segments: 1, texts), bytes = Vectors(tower, Precision.Int8, segments: 1, texts);
        double least = exact.Zip(bytes, (left, right) => TensorParity.Compare("vector", [left.Length], left, right).Cosine).Min();
        if (tower.Architecture.Width > 8)
            Assert.InRange(least, LeastCosine, 1.000001);
    }

    [Theory]
    [InlineData("siglip", 0.05)]
    [InlineData("siglip2", 0.05)]
    [InlineData("openclip-siglip", 0.05)]
    [InlineData("clip-openai", 0)]
    [InlineData("clip-added-token", 0)]
    [InlineData("openclip-laion", 0)]
    public void Padding_is_read_by_towers_that_pool_the_last_row_and_by_no_other(string model, double leastDistance)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", model));
        Checkpoint tower = checkpoint.TextTower!;
        using SafetensorsFile expected = SafetensorsFile.Open(GoldenFiles.PathOf("text", "models", model, "expected.safetensors"));
        int context = tower.Architecture.ContextLength;
        int[] ids = expected.ReadIntegers("input_ids")[..context];
        int end = Array.FindLastIndex(ids, id => id != ids[^1]) + (tower.Architecture.CarriesPooledRow ? 2 : 1);
        Assert.InRange(end, 1, context - 1);
        float[] right = Vectors(tower, Precision.Fp32, 1, [Bytes(ids)])[0];
        ids.AsSpan(end).Fill(3);
        float[] wrong = Vectors(tower, Precision.Fp32, 1, [Bytes(ids)])[0];
        double distance = UnitDistance.Between(right, wrong, right.Length);
        Assert.InRange(distance, leastDistance, leastDistance > 0 ? 2 : 0);
    }

    [Theory]
    [InlineData("clip-openai")]
    [InlineData("clip-v5")]
    [InlineData("openclip-laion")]
    public void Of_a_batch_as_many_rows_are_computed_as_its_longest_text_needs_rounded_up(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", model));
        Checkpoint tower = checkpoint.TextTower!;
        int context = tower.Architecture.ContextLength, highest = tower.Architecture.VocabularySize - 1;
        TextRows rows = tower.TextRows!;
        using SafetensorsFile expected = SafetensorsFile.Open(GoldenFiles.PathOf("text", "models", model, "expected.safetensors"));
        int end = expected.ReadIntegers("input_ids").Take(context).Max();
        Assert.InRange(end, 1, highest);
        foreach ((int last, int wanted) in ((int, int)[])[(0, 16), (15, 16), (16, 32), (context - 1, context)])
        {
            int[] ids = new int[context];
            ids[Math.Min(last, context - 1)] = end;
            Assert.Equal(Math.Min(wanted, context), rows.Count(ids));
        }
        using ISegmentSession session = TestSessions.Load(tower, Settings(tower, Precision.Fp32, new(0, tower.Architecture.Depth)));
        int[] brief = new int[context], longer = new int[context];
        (brief[3], longer[^1]) = (end, end);
        Assert.Equal(Math.Min(16, context), session.Rows([Bytes(brief)]));
        Assert.Equal(context, session.Rows([Bytes(brief), Bytes(longer)]));
    }

    [Theory]
    [InlineData("siglip")]
    [InlineData("openclip-siglip2")]
    public void Towers_whose_rows_depend_on_those_behind_them_compute_them_all(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", model));
        Checkpoint tower = checkpoint.TextTower!;
        Assert.Null(tower.TextRows);
        using ISegmentSession session = TestSessions.Load(tower, Settings(tower, Precision.Fp32, new(0, tower.Architecture.Depth)));
        Assert.Equal(0, session.Rows(Texts(tower, 2)));
    }

    [Fact]
    public void A_probe_knows_its_text_in_each_of_two_segments()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", "clip-openai"));
        foreach (BlockRange blocks in BlockRange.Split(2, 2))
        {
            SegmentSettings settings = Settings(checkpoint.TextTower!, Precision.Fp32, blocks);
            using ISegmentSession session = TestSessions.Load(checkpoint.TextTower!, settings);
            GoldenProbe probe = GoldenProbe.Load(checkpoint.TextTower!, settings, session);
            Assert.False(probe.IsSmall);
            Assert.InRange(probe.Run(), 0, probe.Tolerance);
        }
    }

    private static void AssertAlone(Checkpoint tower, Precision precision)
    {
        ReadOnlyMemory<byte>[] texts = Texts(tower, 32);
        float[][] together = Vectors(tower, precision, segments: 1, texts);
        foreach (int i in (int[])[0, 7, 31])
        {
            Assert.Equal(Vectors(tower, precision, segments: 1, [texts[i]])[0], together[i]);
            Assert.Equal(Vectors(tower, precision, segments: 2, [texts[i], texts[0]])[0], together[i]);
        }
    }

    private static float[][] Vectors(Checkpoint tower, Precision precision, int segments, ReadOnlyMemory<byte>[] texts)
    {
        Activation? state = null;
        foreach (BlockRange blocks in BlockRange.Split(tower.Architecture.Depth, segments))
        {
            using ISegmentSession session = TestSessions.Load(tower, Settings(tower, precision, blocks));
            Activation next = state is null ? session.RunPixels(texts) : session.Run(state);
            state?.Dispose();
            state = next;
        }
        using (state)
        {
            int depth = tower.Architecture.Depth, head = tower.Architecture.Poolings.HeadWidth;
            return [.. Enumerable.Range(0, texts.Length).Select(item =>
            {
                float[] pooled = new float[state!.PooledWidth(depth)];
                state.CopyPooled(depth, item, pooled);
                return pooled[^head..];
            })];
        }
    }

    private static SegmentSettings Settings(Checkpoint tower, Precision precision, BlockRange blocks) => new()
    {
        Blocks = blocks,
        InputSize = InputSize.OfText(tower.Architecture.ContextLength),
        Device = ExecutionBackends.Processor,
        Threads = 2,
        Precision = precision,
        ShortTexts = true,
    };

    /// <summary>Texts of drawn tokens and lengths, filled up with the first token.</summary>
    private static ReadOnlyMemory<byte>[] Texts(Checkpoint tower, int count)
    {
        EncoderArchitecture shape = tower.Architecture;
        Random random = new(shape.VocabularySize);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int[] ids = new int[shape.ContextLength];
            int length = random.Next(2, shape.ContextLength);
            for (int i = 0; i < length; i++)
                ids[i] = random.Next(shape.VocabularySize);
            ids[length] = shape.VocabularySize - 1;
            return Bytes(ids);
        })];
    }

    private static ReadOnlyMemory<byte> Bytes(int[] ids) => MemoryMarshal.AsBytes<int>(ids).ToArray();
}

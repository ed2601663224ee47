using VitGrid.Fuzz;
using VitGrid.Fuzz.Targets;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Fuzz;

/// <summary>
/// A short run of <c>vitgrid-fuzz</c>, and what longer ones have found: <c>Golden/fuzz/TARGET-NUMBER</c> is an input that its reader once
/// failed on.
/// </summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => ["png", "jpeg", "gif", "bmp", "tiff", "webp", "json", "comparison", "form", "features",
        "infer", "rpc", "safetensors", "config", "frame", "gateway", "cache", "hash", "tokenizer", "pieces", "text", "tar"];

    public static TheoryData<string> Finds =>
        [.. Directory.EnumerateFiles(GoldenFiles.PathOf("fuzz")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Finds))]
    public void What_a_reader_once_failed_on_it_refuses_in_its_own_words(string find)
    {
        using TemporaryFolder folder = new();
        FuzzTarget target = Target(find[..find.IndexOf('-')], folder);
        Assert.True(Enum.IsDefined(target.Read(File.ReadAllBytes(GoldenFiles.PathOf("fuzz", find)))));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Changed_inputs_mostly_come_past_the_header_and_are_refused_in_the_readers_own_words(string name)
    {
        using TemporaryFolder folder = new();
        FuzzTarget target = Target(name, folder);
        FuzzResult result = new FuzzRun(new(200, Seed: 7, null, folder.At("finds"))).Run(target, part: 1);
        Assert.Equal(200, result.Tries);
        Assert.InRange(result.BeyondPart, 0.3, 1);
        Assert.Empty(result.Crashes);
        Assert.Empty(result.Growths);
    }

    [Fact]
    public void Equal_seeds_give_equal_inputs_and_others_do_not()
    {
        using TemporaryFolder folder = new();
        FuzzTarget target = Target("json", folder);
        byte[][] first = Inputs(7), again = Inputs(7), other = Inputs(8);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);

        byte[][] Inputs(int seed) => [.. Enumerable.Range(0, 50).Select(
            number => new FuzzRun(new(50, seed, null, folder.Root)).InputOf(target, number))];
    }

    [Fact]
    public void What_a_reader_throws_is_kept_once_with_its_input_and_so_is_what_takes_ten_times_the_memory()
    {
        using TemporaryFolder folder = new();
        FuzzResult result = new FuzzRun(new(10, Seed: 1, null, folder.At("finds"))).Run(new Faulty(), part: 1);
        Find crash = Assert.Single(result.Crashes);
        Assert.Contains("InvalidOperationException: odd", crash.What, StringComparison.Ordinal);
        Assert.Equal([1], File.ReadAllBytes(crash.File));
        Assert.NotEmpty(result.Growths);
    }

    private static FuzzTarget Target(string name, TemporaryFolder folder) =>
        AllTargets.Create(new(GoldenFiles.PathOf()), folder.Root).Single(target => target.Name == name);

    /// <summary>Fails for one input and takes much for the other.</summary>
    private sealed class Faulty : FuzzTarget
    {
        public override string Name => "faulty";

        public override long UsualBytes => 1_000;

        public override IReadOnlyList<byte[]> Seeds { get; } = [[0], [1]];

        public override byte[] Mutate(Random random, byte[] seed) => seed;

        public override Depth Read(byte[] input)
        {
            if (input[0] == 1)
                throw new InvalidOperationException("odd");
            return new byte[20_000].Length > 0 ? Depth.Beyond : Depth.Header;
        }
    }
}

using System.Diagnostics;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Runtime.Images.Isolation;
using VitGrid.Server.Tests.Verbs;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Decoding;

/// <summary>Decoding in processes of their own, with this program's own.</summary>
public sealed class IsolatedDecoderTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly PreprocessProfile Crop = new() { Mode = ResizeMode.Crop, Size = InputSize.Square(448) };

    private static readonly DecodeProgram Program =
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "vitgrid.dll"), DecoderChild.Verb]);

    [Fact]
    public void Pixels_refusals_and_profiles_are_those_of_this_process()
    {
        using IsolatedDecoder decoder = new(Program, new(), processes: 1);
        foreach (string name in (string[])["images/rgba.png", "images/grey16.png"])
        {
            foreach (PreprocessProfile profile in (PreprocessProfile[])[Crop, .. Others])
            {
                byte[] file = File.ReadAllBytes(GoldenFiles.PathOf("preprocess", name));
                Assert.Equal(Pixels(new ImagePreprocessor(new()), file, profile), Pixels(decoder, file, profile));
            }
        }
        byte[] cut = File.ReadAllBytes(GoldenFiles.PathOf("malformed", "truncated-half.jpg"));
        ImageException here = Assert.Throws<ImageException>(() => Pixels(new ImagePreprocessor(new()), cut, Crop));
        ImageException there = Assert.Throws<ImageException>(() => Pixels(decoder, cut, Crop));
        Assert.Equal((here.Fault, here.Message), (there.Fault, there.Message));
        Assert.Single(decoder.Processes);
    }

    [Fact]
    public void A_file_larger_than_the_shared_memory_and_pixels_larger_than_before_are_decoded_alike()
    {
        using IsolatedDecoder decoder = new(Program, new(), processes: 1);
        byte[] small = Bmp(64, 64, 1), large = Bmp(1_000, 1_000, 2);
        PreprocessProfile wide = Crop with { Size = InputSize.Square(1_200) };
        foreach ((byte[] file, PreprocessProfile profile) in ((byte[], PreprocessProfile)[])[(small, Crop), (large, Crop), (small, wide)])
            Assert.Equal(Pixels(new ImagePreprocessor(new()), file, profile), Pixels(decoder, file, profile));
    }

    [Fact]
    public void An_image_that_takes_long_or_stands_back_has_a_process_of_its_own_which_lets_batches_and_other_images_go_first()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using IsolatedDecoder decoder = new(Program, new(), processes: 1);
        byte[] file = Bmp(64, 64, 4);
        byte[] alone = Pixels(decoder, file, Crop);
        int quick = Assert.Single(decoder.Processes);
        byte[] pixels = new byte[Crop.Size.PixelBytes];
        for (int turn = 0; turn < 2; turn++)
            decoder.Decode(new(file, Crop, new DecodeCost(1, DecodeCost.LightWork + 1)), pixels, CancellationToken.None);
        Assert.Equal(alone, pixels);
        int patient = Assert.Single(decoder.Processes, id => id != quick);
        Assert.Equal(alone, Pixels(decoder, file, Crop));
        Assert.Equal(2, decoder.Processes.Count);
        Assert.Equal(Nice(quick) + 10, Nice(patient));
        decoder.Decode(new(file, Crop, new DecodeCost(1, 1)) { StandsBack = true }, pixels, CancellationToken.None);
        Assert.Equal(new[] { quick, patient }.Order(), decoder.Processes.Order());
        Assert.Equal(2, decoder.Processes.Count);
    }

    [Fact]
    public void A_process_that_dies_is_replaced_and_the_image_tried_once_more()
    {
        using IsolatedDecoder decoder = new(Program, new(), processes: 1);
        byte[] file = Bmp(64, 64, 3);
        byte[] alone = Pixels(decoder, file, Crop);
        using (Process child = Process.GetProcessById(Assert.Single(decoder.Processes)))
        {
            child.Kill();
            child.WaitForExit();
        }
        Assert.Equal(alone, Pixels(decoder, file, Crop));
        Assert.Single(decoder.Processes);
    }

    [Fact]
    public void A_program_that_always_dies_is_named_and_ends_nothing_else()
    {
        using IsolatedDecoder decoder = new(new("false", []), new(), processes: 1);
        DecoderException refusal = Assert.Throws<DecoderException>(() => decoder.Start(1));
        Assert.Contains("'false', exit code 1", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Images:DecodeProcess=false", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(decoder.Processes);
        using IsolatedDecoder missing = new(new("/no/such/program", []), new(), processes: 1);
        Assert.Throws<DecoderException>(() => missing.Start(1));
    }

    [Fact]
    public async Task A_late_answer_never_becomes_that_of_another_image()
    {
        // What stands between delays every answer; its last one comes when its process has long been given up.
        const string Slow =
            "\"$@\" | perl -e '$|=1; while (sysread(STDIN, $b, 65536)) { select(undef, undef, undef, 0.05); syswrite(STDOUT, $b) }'";
        DecodeProgram slow = new("sh", ["-c", Slow, "sh", Program.FileName, .. Program.Arguments]);
        using IsolatedDecoder decoder = new(slow, new(), processes: 8) { Patience = TimeSpan.Zero };
        byte[][] files = [.. Enumerable.Range(0, 32).Select(seed => Bmp(64, 64, seed))];
        byte[][] alone = [.. files.Select(file => Pixels(new ImagePreprocessor(new()), file, Crop))];
        int given = 0, next = -1;
        // Threads of their own: deadlines need the pool's.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (Interlocked.Increment(ref next) is var turn and < 96)
                    Decode(turn);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).WaitAsync(Limit);
        Assert.InRange(given, 1, 32);

        void Decode(int turn)
        {
            using CancellationTokenSource deadline = new();
            if (turn % 3 == 0)
                deadline.CancelAfter(TimeSpan.FromMilliseconds(1 + turn));
            try
            {
                Assert.Equal(alone[turn % 32], Pixels(decoder, files[turn % 32], Crop, deadline.Token));
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                Interlocked.Increment(ref given);
            }
        }
    }

    [Fact]
    public async Task Whoever_leaves_amid_a_start_or_a_decode_leaves_the_process_to_the_next()
    {
        // What stands between lets nothing through while there is a file `shut`, and says with a file `waits` that something has come.
        const string Gate = """
            gate=$1; shift; "$@" | perl -e '$|=1; $g=shift; while (sysread(STDIN, $b, 65536)) {
            while (-e "$g/shut") { open($w, ">", "$g/waits"); close($w); select(undef, undef, undef, 0.01) } syswrite(STDOUT, $b) }' "$gate"
            """;
        using TemporaryFolder gate = new();
        (string shut, string waits) = (gate.At("shut"), gate.At("waits"));
        DecodeProgram gated = new("sh", ["-c", Gate, "sh", gate.Root, Program.FileName, .. Program.Arguments]);
        using IsolatedDecoder decoder = new(gated, new(), processes: 1) { Patience = Limit };
        byte[] file = Bmp(64, 64, 6);
        await LeaveAsync();
        int kept = Assert.Single(decoder.Processes);
        await LeaveAsync();
        Assert.Equal(Pixels(new ImagePreprocessor(new()), file, Crop), Pixels(decoder, file, Crop));
        Assert.Equal(kept, Assert.Single(decoder.Processes));

        // The first time it is the process's greeting that waits, then its reply.
        async Task LeaveAsync()
        {
            File.Delete(waits);
            await File.WriteAllBytesAsync(shut, []);
            using CancellationTokenSource leaving = new();
            Task<byte[]> decoding = Task.Factory.StartNew(
                () => Pixels(decoder, file, Crop, leaving.Token), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            await ProcessTree.UntilAsync(() => File.Exists(waits), "something waits at the gate", Limit);
            await leaving.CancelAsync();
            File.Delete(shut);
            await Assert.ThrowsAsync<OperationCanceledException>(() => decoding);
        }
    }

    [Fact]
    public void A_decode_whose_time_is_over_ends_with_its_process_and_the_next_is_served()
    {
        using IsolatedDecoder decoder = new(Program, new(), processes: 1);
        byte[] file = Bmp(64, 64, 5);
        byte[] alone = Pixels(decoder, file, Crop);
        int frozen = Assert.Single(decoder.Processes);
        using (Process stop = Process.Start("kill", $"-STOP {frozen}"))
            stop.WaitForExit();
        using CancellationTokenSource deadline = new(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => Pixels(decoder, file, Crop, deadline.Token));
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(frozen));
        Assert.Equal(alone, Pixels(decoder, file, Crop));
        Assert.NotEqual(frozen, Assert.Single(decoder.Processes));
    }

    [Fact]
    public void Every_property_of_a_profile_reaches_the_process() =>
        Assert.All(
            typeof(PreprocessProfile).GetProperties().Where(property => property.CanWrite),
            property => Assert.Contains(Others, other => !Equals(property.GetValue(Crop), property.GetValue(other))));

    // Together they differ from the first profile in everything; some of it excludes each other.
    private static PreprocessProfile[] Others =>
    [
        Other,
        (Crop with { Library = ResizeLibrary.Torchvision, Size = InputSize.Square(64) }).WithTiling(new(1, 4, true)),
        Crop with { Size = InputSize.Square(64) with { Samples = PixelType.Single }, Mode = ResizeMode.Squash },
    ];

    private static PreprocessProfile Other { get; } = new()
    {
        Mode = ResizeMode.Timm,
        Size = InputSize.Square(224),
        CropFraction = 0.9,
        Edge = 240,
        Rounding = CropRounding.HalfToEven,
        Interpolation = Interpolation.Bilinear,
        Fill = new(1, 2, 3),
        PassOrder = PassOrder.Pillow13,
        Exif = ExifOrientation.Apply,
        Grey16 = Grey16.Scale,
        FastDecode = true,
    };

    private static byte[] Pixels(
        IImageDecoder decoder, byte[] file, PreprocessProfile profile, CancellationToken cancellationToken = default)
    {
        DecodeCost cost = decoder.Measure(file, profile);
        byte[] pixels = new byte[profile.Size.PixelBytes * cost.Inputs];
        decoder.Decode(new(file, profile, cost), pixels, cancellationToken);
        return pixels;
    }

    /// <summary>Noise of 24 bits a pixel.</summary>
    private static byte[] Bmp(int width, int height, int seed)
    {
        byte[] file = new byte[54 + (((width * 3) + 3) / 4 * 4 * height)];
        new Random(seed).NextBytes(file.AsSpan(54));
        "BM"u8.CopyTo(file);
        (int At, int Value)[] fields = [(2, file.Length), (10, 54), (14, 40), (18, width), (22, height), (26, 1 | (24 << 16)), (30, 0)];
        file.AsSpan(6, 48).Clear();
        foreach ((int at, int value) in fields)
            BitConverter.TryWriteBytes(file.AsSpan(at), value);
        return file;
    }

    /// <summary>Field 19 of proc(5)'s <c>stat</c>; the second, a name in parentheses, may hold blanks.</summary>
    private static int Nice(int process) => int.Parse(
        File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
}

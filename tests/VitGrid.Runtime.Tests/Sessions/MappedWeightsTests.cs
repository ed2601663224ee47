using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Sessions;

public sealed class MappedWeightsTests : IDisposable
{
    private const int Page = MappedWeights.PageBytes;

    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-mapped-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_byte_of_every_tensor_that_changes_is_named_by_tensor_and_page()
    {
        const int Before = 100, First = 2 * Page, Second = 700;
        string file = Filled(Before + First + Second + 50);
        MappedWeights weights = new([Slice("one", file, Before, First), Slice("two", file, Before + First, Second)]);
        Assert.Equal(First + Second, weights.Bytes);
        Assert.Null(weights.Step(weights.Bytes));
        foreach (int at in (int[])[Before, Page - 1, Page, Before + First - 1, Before + First, Before + First + Second - 1])
        {
            Turn(file, at);
            string tensor = at < Before + First ? "one" : "two";
            Assert.Equal(new(tensor, file, at / Page), weights.Step(weights.Bytes));
            Assert.Equal(new(tensor, file, at / Page), weights.FindChange());
            Turn(file, at);
            Assert.Null(weights.FindChange());
            Assert.Null(weights.Step(weights.Bytes));
        }
        // What lies between tensors is nobody's.
        Turn(file, Before - 1);
        Turn(file, Before + First + Second);
        Assert.Null(weights.Step(weights.Bytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Page)]
    [InlineData(300_000)]
    public void Small_steps_come_round_to_every_page(long step)
    {
        const int Length = 70 * Page;
        string file = Filled(Length);
        MappedWeights weights = new([Slice("one", file, 0, Length - 10), Slice("two", file, Length - 10, 10)]);
        Turn(file, Length - 5);
        WeightChange? found = null;
        int steps = 0;
        while (found is null && steps++ <= Length / Math.Min(step, Page))
            found = weights.Step(step);
        Assert.Equal(new("two", file, 69), found);
    }

    [Fact]
    public void A_file_that_was_shortened_is_said_to_be()
    {
        string file = Filled(3 * Page);
        MappedWeights weights = new([Slice("one", file, 0, 3 * Page)]);
        using (FileStream open = Open(file))
            open.SetLength(Page);
        Assert.Contains(
            "was shortened", Assert.Throws<EndOfStreamException>(() => weights.Step(weights.Bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_have_changed_are_not_loaded_a_second_time()
    {
        foreach (string name in Directory.EnumerateFiles(GoldenFiles.Model("tiny-ln")))
            File.Copy(name, Path.Combine(_folder, Path.GetFileName(name)));
        using Checkpoint checkpoint = Checkpoint.Open(_folder);
        SegmentSettings settings = new()
        {
            Blocks = new(0, checkpoint.Architecture.Depth),
            InputSize = InputSize.Square(checkpoint.Architecture.ImageSize),
            Device = ExecutionBackends.Processor,
            Threads = 1,
            Sharing = new(),
        };
        WeightSlice any = checkpoint.WeightSlices.First();
        MappedWeights mapped;
        using (ISegmentSession session = settings.Device.Backend.Load(checkpoint, settings))
            mapped = session.Mapped!;
        Assert.InRange(mapped.Bytes, 1, checkpoint.WeightBytes);
        Turn(any.Tensor.File, (int)any.Offset);
        Assert.NotNull(mapped.Step(mapped.Bytes));
        WeightsChangedException refused = Assert.Throws<WeightsChangedException>(
            () => settings.Device.Backend.Load(checkpoint, settings));
        Assert.Contains(any.Tensor.Name, refused.Message, StringComparison.Ordinal);
        Turn(any.Tensor.File, (int)any.Offset);
        settings.Device.Backend.Load(checkpoint, settings).Dispose();
    }

    private static WeightSlice Slice(string name, string file, long offset, long length) =>
        new(new(name, TensorType.F32, [length], file, offset, length), offset, length, [length]);

    private string Filled(int bytes)
    {
        string file = Path.Combine(_folder, "weights");
        byte[] content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        File.WriteAllBytes(file, content);
        return file;
    }

    private static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    private static void Turn(string file, int at)
    {
        using FileStream open = Open(file);
        open.Position = at;
        int value = open.ReadByte();
        open.Position = at;
        open.WriteByte((byte)(value ^ 1));
    }
}

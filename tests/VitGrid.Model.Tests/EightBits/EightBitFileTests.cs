using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tests.Checkpoints;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.EightBits;

public sealed class EightBitFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Checkpoint _checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));

    private string Path => _folder.At("weights.safetensors");

    private BlockRange All => new(0, _checkpoint.Architecture.Depth);

    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-rms-qknorm")]
    [InlineData("tiny-sharded-bf16")]
    [InlineData("tiny-native")]
    public void What_is_written_reads_back_with_every_matrix_in_bytes(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        EightBitFile.Write(checkpoint, EightBitForm.PairSafe, Path);
        EncoderWeights weights = EightBitFile.TryRead(checkpoint, EightBitForm.PairSafe, Path, new(0, checkpoint.Architecture.Depth))!;
        Assert.All(
            weights.Blocks.SelectMany(block => new[] { block.Query, block.Key, block.Value, block.Projection, block.Fc1, block.Fc2 }),
            linear => Assert.Equal((TensorType.I8, linear.Weight.Shape[1]),
                (linear.Weight.Tensor.Type, linear.Scale!.Length / sizeof(float))));
        Assert.InRange(new FileInfo(Path).Length, EightBitFile.BytesOf(checkpoint, EightBitForm.PairSafe), long.MaxValue);
    }

    [Fact]
    public void Writing_twice_gives_the_same_bytes()
    {
        EightBitFile.Write(_checkpoint, EightBitForm.Vnni, Path);
        byte[] first = File.ReadAllBytes(Path);
        EightBitFile.Write(_checkpoint, EightBitForm.Vnni, Path);
        Assert.Equal(first, File.ReadAllBytes(Path));
    }

    [Fact]
    public async Task Two_that_write_at_once_leave_one_whole_file_and_nothing_else()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => EightBitFile.Write(_checkpoint, EightBitForm.Vnni, Path))));
        Assert.NotNull(EightBitFile.TryRead(_checkpoint, EightBitForm.Vnni, Path, All));
        Assert.Equal([Path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_single_changed_byte_is_noticed_by_whoever_needs_that_block()
    {
        EightBitFile.Write(_checkpoint, EightBitForm.Vnni, Path);
        byte[] bytes = File.ReadAllBytes(Path);
        bytes[^100] ^= 1;
        File.WriteAllBytes(Path, bytes);
        Assert.Null(EightBitFile.TryRead(_checkpoint, EightBitForm.Vnni, Path, All));
        Assert.NotNull(EightBitFile.TryRead(_checkpoint, EightBitForm.Vnni, Path, new(0, 1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(5000)]
    public void A_file_cut_short_is_not_taken(int length)
    {
        EightBitFile.Write(_checkpoint, EightBitForm.Vnni, Path);
        using (FileStream file = File.OpenWrite(Path))
            file.SetLength(length);
        Assert.Null(EightBitFile.TryRead(_checkpoint, EightBitForm.Vnni, Path, All));
    }

    [Fact]
    public void A_file_of_another_shape_or_none_is_not_taken()
    {
        using Checkpoint other = Checkpoint.Open(GoldenFiles.Model("tiny-native"));
        Assert.Null(EightBitFile.TryRead(_checkpoint, EightBitForm.Vnni, Path, All));
        EightBitFile.Write(other, EightBitForm.Vnni, Path);
        Assert.Null(EightBitFile.TryRead(_checkpoint, EightBitForm.Vnni, Path, All));
    }

    [Fact]
    public void The_name_tells_the_form_and_the_weights()
    {
        using EditableCheckpoint edited = new("tiny-ln");
        edited.Tensors[^1] = edited.Tensors[^1] with { WriteData = stream => stream.Write(new byte[edited.Tensors[^1].Length]) };
        using Checkpoint other = edited.Open();
        string[] names = [EightBitFile.NameOf(_checkpoint, EightBitForm.Vnni), EightBitFile.NameOf(
            _checkpoint, EightBitForm.PairSafe), EightBitFile.NameOf(other, EightBitForm.Vnni)];
        Assert.Equal(3, names.Distinct().Count());
        Assert.StartsWith("int8-vnni-v1-", names[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_ends_at_one_and_a_cancelled_write_leaves_nothing()
    {
        List<double> told = [];
        EightBitFile.Write(_checkpoint, EightBitForm.Vnni, Path, new Progress(told.Add));
        Assert.Equal(told.Order(), told);
        Assert.InRange(told[^1], 0.99, 1);
        File.Delete(Path);
        Assert.Throws<OperationCanceledException>(
            () => EightBitFile.Write(_checkpoint, EightBitForm.Vnni, Path, cancellationToken: new(canceled: true)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    public void Dispose()
    {
        _checkpoint.Dispose();
        _folder.Dispose();
    }

    private sealed class Progress(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }
}

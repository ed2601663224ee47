using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class SafetensorsPropertyTests
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"",
        "\"F32\"", "0", "-1", "9223372036854775807", "1e9", "null", "\\ud800", "\u00e9",
    ];

    [Property(MaxTest = 300)]
    public void Random_bytes_are_refused_or_read_within_bounds(byte[] bytes) => OpensWithinBoundsOrRefuses(bytes);

    [Property(MaxTest = 300)]
    public Property A_changed_header_is_refused_or_read_within_bounds() =>
        Prop.ForAll(Changes().ToArbitrary(), OpensWithinBoundsOrRefuses);

    [Property(MaxTest = 200)]
    public Property What_the_writer_writes_the_reader_reads() =>
        Prop.ForAll(Files().ToArbitrary(), tensors =>
        {
            using var folder = new TemporaryFolder();
            SafetensorsWriter.Write(folder.At("a.safetensors"), tensors);
            using SafetensorsFile file = SafetensorsFile.Open(folder.At("a.safetensors"));
            Assert.Equal(tensors.Count, file.Tensors.Count);
            Assert.All(tensors, tensor => AssertSame(tensor, file));
            Assert.Equal(["a.safetensors"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
        });

    private static void AssertSame(TensorToWrite written, SafetensorsFile file)
    {
        TensorEntry read = file.Tensors[written.Name];
        Assert.Equal((written.Type, written.Length), (read.Type, read.Length));
        Assert.Equal(written.Shape.AsEnumerable(), read.Shape);
        byte[] bytes = new byte[read.Length];
        file.Read(read.Offset, bytes);
        Assert.Equal(BytesOf(written), bytes);
    }

    private static void OpensWithinBoundsOrRefuses(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.safetensors", bytes);
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.All(file.Tensors.Values, tensor => Assert.InRange(tensor.Offset + tensor.Length, tensor.Offset, bytes.Length));
            Assert.Equal(bytes.Length - 8 - BitConverter.ToInt64(bytes), file.Tensors.Values.Sum(tensor => tensor.Length));
        }
        catch (CheckpointException exception)
        {
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A valid file with a run of its header replaced, and now and then another header length.</summary>
    private static Gen<byte[]> Changes() =>
        from tensors in Files()
        from fragment in Gen.OneOf(Gen.Elements(Fragments).Select(Encoding.UTF8.GetBytes), ArbMap.Default.GeneratorFor<byte[]>())
        from at in Gen.Choose(0, 400)
        from removed in Gen.Choose(0, 8)
        from lengthError in Gen.Frequency((9, Gen.Constant(0)), (1, Gen.Choose(-20, 20)))
        select Change(WrittenBytes(tensors), fragment, at, removed, lengthError);

    private static byte[] Change(byte[] file, byte[] fragment, int at, int removed, int lengthError)
    {
        int length = (int)BitConverter.ToInt64(file);
        byte[] header = file[8..(8 + length)];
        int start = Math.Min(at, header.Length);
        byte[] changed = [.. header[..start], .. fragment, .. header[Math.Min(start + removed, header.Length)..]];
        return [.. BitConverter.GetBytes((long)changed.Length + lengthError), .. changed, .. file[(8 + length)..]];
    }

    private static byte[] WrittenBytes(IReadOnlyCollection<TensorToWrite> tensors)
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.At("a.safetensors"), tensors);
        return File.ReadAllBytes(folder.At("a.safetensors"));
    }

    private static Gen<IReadOnlyCollection<TensorToWrite>> Files() =>
        from names in Gen.Elements(
            "a", "encoder.layers.0.ls1", "\u00e9\u4e2d\ud83d\ude00", "with \"quotes\" \\ and\nlines", "", "dtype").ListOf()
        from tensors in Gen.CollectToArray(names.Distinct().Select(Tensor))
        select (IReadOnlyCollection<TensorToWrite>)tensors;

    private static Gen<TensorToWrite> Tensor(string name) =>
        from type in Gen.Elements(Enum.GetValues<TensorType>().Where(type => type != TensorType.Unknown).ToArray())
        from shape in Gen.Choose(0, 4).Select(side => (long)side).ListOf()
        from seed in Gen.Choose(0, 255)
        let sides = shape.Take(4).ToImmutableArray()
        select new TensorToWrite(name, type, sides, stream => stream.Write(Pattern(seed, type, sides)));

    private static byte[] Pattern(int seed, TensorType type, ImmutableArray<long> shape) =>
        [.. Enumerable.Range(seed, (int)shape.Aggregate((long)type.ElementSize(), (product, side) => product * side)).Select(
            value => (byte)value)];

    private static byte[] BytesOf(TensorToWrite tensor)
    {
        using var stream = new MemoryStream();
        tensor.WriteData(stream);
        return stream.ToArray();
    }
}

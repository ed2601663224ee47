using System.Runtime.InteropServices;
using Parquet;
using VitGrid.Indexing.Sinks;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>Vectors in fewer bits than they were computed in, as other tools read them back.</summary>
public sealed class SmallNumberTests : IDisposable
{
    private const int Dimensions = 100;

    private readonly SinkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    /// <summary>What <c>embedding_type</c> of the API gives for the same vector.</summary>
    [Theory]
    [InlineData("fp16", "<f2", 9, new byte[]
        { 0x00, 0x38, 0x00, 0xBC, 0x00, 0x34, 0, 0, 0x66, 0x2E, 0x66, 0xAE, 0x66, 0x2E, 0x66, 0x2E, 0x66, 0x2E })]
    [InlineData("int8", "|i1", 9, new byte[] { 64, 129, 32, 0, 13, 243, 13, 13, 13 })]
    [InlineData("binary", "|i1", 2, new byte[] { 0b1010_1011 ^ 0x80, 0b1000_0000 ^ 0x80 })]
    public async Task A_vector_has_these_bytes_in_an_array_and_in_a_column(string type, string numpy, int columns, byte[] expected)
    {
        SinkRow[] rows = [new("a", new[] { 0.5f, -1, 0.25f, 0, 0.1f, -0.1f, 0.1f, 0.1f, 0.1f })];
        await WriteAsync($"npy:arrays;type={type}", rows);
        byte[] array = await File.ReadAllBytesAsync(_rig.At("arrays", "part-w-1.npy"));
        Assert.Contains(
            $"{{'descr': '{numpy}', 'fortran_order': False, 'shape': (1, {columns}), }}",
            System.Text.Encoding.ASCII.GetString(array.AsSpan(10, 118)), StringComparison.Ordinal);
        Assert.Equal(expected, array[128..]);
        await WriteAsync($"parquet:columns;type={type}", rows);
        Assert.Equal([expected], await ColumnAsync(type));
    }

    [Fact]
    public async Task Halves_are_off_by_half_a_unit_in_their_last_place_at_most()
    {
        SinkRow[] rows = Rows();
        await WriteAsync("parquet:columns;type=fp16", rows);
        byte[][] stored = await ColumnAsync("fp16");
        Demand(rows, stored, bytes => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(half => (float)half)], (_, value) =>
            Math.Max(Math.Abs(value) / 2048, 1f / (1 << 25)));
    }

    [Fact]
    public async Task Signed_bytes_are_off_by_half_a_step_of_their_vectors_scale_at_most_and_keep_its_direction()
    {
        SinkRow[] rows = Rows();
        await WriteAsync("parquet:columns;type=int8", rows);
        byte[][] stored = await ColumnAsync("int8");
        foreach ((SinkRow row, byte[] bytes) in rows.Zip(stored))
        {
            float largest = row.Vector.ToArray().Max(Math.Abs);
            Demand([row], [bytes], scaled => [.. scaled.Select(value => unchecked((sbyte)value) * largest / 127)], (_, _) =>
                (largest / 254) + 1e-6f);
        }
    }

    [Fact]
    public async Task Bits_are_the_signs()
    {
        SinkRow[] rows = Rows();
        await WriteAsync("parquet:columns;type=binary", rows);
        byte[][] stored = await ColumnAsync("binary");
        foreach ((SinkRow row, byte[] bytes) in rows.Zip(stored))
        {
            Assert.Equal(
                row.Vector.ToArray().Select(value => value > 0),
                Enumerable.Range(0, Dimensions).Select(i => ((bytes[i / 8] ^ 0x80) & (0x80 >> (i % 8))) != 0));
        }
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("binary")]
    public async Task A_number_that_is_none_names_its_row_and_a_folder_of_one_type_takes_no_other(string type)
    {
        await using IVectorSink sink = await _rig.OpenAsync($"parquet:out;type={type}");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(
            () => sink.PrepareAsync("p", [new("bad", new[] { 0, float.NaN })], default));
        Assert.Equal((SinkFault.RowRefused, "bad"), (refused.Fault, refused.RowId));
        Assert.Contains("with Float32", (await Assert.ThrowsAsync<SinkException>(() => _rig.OpenAsync("parquet:out"))).Message,
            StringComparison.Ordinal);
    }

    private static void Demand(
        SinkRow[] rows, byte[][] stored, Func<byte[], float[]> read, Func<int, float, float> allowed)
    {
        foreach ((SinkRow row, byte[] bytes) in rows.Zip(stored))
        {
            float[] wanted = row.Vector.ToArray(), found = read(bytes);
            Assert.Equal(wanted.Length, found.Length);
            Assert.All(wanted.Zip(found).Select((pair, i) => (pair.First, pair.Second, i)), pair => Assert.InRange(
                Math.Abs(pair.First - pair.Second), 0, allowed(pair.i, pair.First)));
            Assert.True(Cosine(wanted, found) > 0.9999);
        }
    }

    private static double Cosine(float[] left, float[] right)
    {
        double dot = left.Zip(right).Sum(pair => (double)pair.First * pair.Second);
        return dot / Math.Sqrt(left.Sum(value => (double)value * value) * right.Sum(value => (double)value * value));
    }

    private async Task WriteAsync(string spec, SinkRow[] rows)
    {
        SinkSchema schema = SinkRig.Schema with { Dimensions = rows[0].Vector.Length };
        await using IVectorSink sink = await _rig.OpenAsync(spec, schema: schema);
        await sink.PrepareAsync("w-1", rows, default);
        await sink.CommitAsync("w-1", rows, default);
    }

    private async Task<byte[][]> ColumnAsync(string type)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(_rig.At("columns", "part-w-1.parquet"));
        Assert.Equal(type, reader.CustomMetadata["vitgrid.type"]);
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        byte[]?[] read = new byte[group.RowCount][];
        await group.ReadAsync(reader.Schema.GetDataFields().Single(field => field.Name == "embedding"), read.AsMemory());
        return read!;
    }

    private static SinkRow[] Rows()
    {
        Random random = new(4711);
        return
        [
            .. Enumerable.Range(0, 20).Select(row => new SinkRow(
                $"{row}", Enumerable.Range(0, Dimensions).Select(_ => (random.NextSingle() - 0.5f) / 8).ToArray())),
        ];
    }
}

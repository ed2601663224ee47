using System.Globalization;
using Google.Protobuf;
using VitGrid.Model.Graph.Onnx;
using VitGrid.Model.Segments;

namespace VitGrid.Model.Graph;

/// <summary>One bit of one weight that is other than it should be, drawn by a number: for injected faults.</summary>
/// <param name="Seed">Draws the weight, every byte of a segment's being as likely, and the bit.</param>
/// <param name="Bit">
/// The bit within its element, 31 being the sign and 30 the exponent's highest, in narrower types counted from the sign as well; null:
/// drawn.
/// </param>
public sealed record WeightFlip(int Seed, int? Bit = null)
{
    private const int TopBit = 31;

    /// <summary>The segment with the bit turned, in a copy of that weight within the graph. No file is written to.</summary>
    /// <exception cref="NotSupportedException">No weight of the segment is read from a file.</exception>
    public SegmentModel Apply(SegmentModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelProto graph = ModelProto.Parser.ParseFrom(model.Onnx);
        (TensorProto chosen, long at, int drawn) = Draw(graph);
        Turn(chosen, at, drawn, model.WeightFolder);
        return model with { Onnx = graph.ToByteArray() };
    }

    /// <summary>Which weight it is, and which bit, for reports.</summary>
    /// <exception cref="NotSupportedException">No weight of the segment is read from a file.</exception>
    public (string Weight, int Bit) Describe(SegmentModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (TensorProto chosen, _, int drawn) = Draw(ModelProto.Parser.ParseFrom(model.Onnx));
        return (chosen.Name, BitOf(chosen, drawn));
    }

    /// <summary>Bytes of all weights of which one may be drawn.</summary>
    public static long Bytes(SegmentModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Drawable(ModelProto.Parser.ParseFrom(model.Onnx)).Sum(LengthOf);
    }

    /// <summary>Graphs of two input sizes draw the same: only one of them may read the positions as they are stored.</summary>
    private static TensorProto[] Drawable(ModelProto graph) => [.. graph.Graph.Initializer.Where(
        tensor => tensor.ExternalData.Count > 0 && !tensor.Name.Contains("position", StringComparison.Ordinal))];

    private (TensorProto Weight, long At, int Drawn) Draw(ModelProto graph)
    {
        TensorProto[] weights = Drawable(graph);
        if (weights.Length == 0)
            throw new NotSupportedException("no weight of this segment is read from a file: there is none to change");
        Random random = new(Seed);
        long at = random.NextInt64(weights.Sum(LengthOf));
        int drawn = random.Next(int.MaxValue);
        TensorProto chosen = weights.First(weight => (at -= LengthOf(weight)) < 0);
        return (chosen, at + LengthOf(chosen), drawn);
    }

    private static int WidthOf(TensorProto weight) =>
        (int)(LengthOf(weight) / weight.Dims.Aggregate(1L, (product, dimension) => product * dimension));

    private int BitOf(TensorProto weight, int drawn)
    {
        int bits = 8 * WidthOf(weight);
        return Bit is { } named ? Math.Max(0, bits - 1 - (TopBit - named)) : drawn % bits;
    }

    private void Turn(TensorProto weight, long at, int drawn, string folder)
    {
        byte[] bytes = new byte[LengthOf(weight)];
        using (FileStream file = File.OpenRead(Path.Combine(folder, Entry(weight, "location"))))
        {
            file.Position = long.Parse(Entry(weight, "offset"), CultureInfo.InvariantCulture);
            file.ReadExactly(bytes);
        }
        int width = WidthOf(weight), bit = BitOf(weight, drawn);
        bytes[(at / width * width) + (bit / 8)] ^= (byte)(1 << (bit % 8));
        weight.RawData = ByteString.CopyFrom(bytes);
        weight.ExternalData.Clear();
        weight.DataLocation = TensorProto.Types.DataLocation.Default;
    }

    private static long LengthOf(TensorProto weight) => long.Parse(Entry(weight, "length"), CultureInfo.InvariantCulture);

    private static string Entry(TensorProto weight, string key) => weight.ExternalData.First(entry => entry.Key == key).Value;
}

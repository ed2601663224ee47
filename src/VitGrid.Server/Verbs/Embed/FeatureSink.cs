using System.Buffers.Binary;
using System.Text;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Indexing.Formats;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>
/// Features as one safetensors file or one array, as <c>POST /v1/features</c> gives them; beside it <c>NAME.ids.jsonl</c> with one line per
/// image: the file and its number or row, or the file and its error. What stands before the numbers is written last: until then nobody
/// knows which images fail.
/// </summary>
internal sealed class FeatureSink(string path, FeaturePlan plan, VectorFormat format) : IOutcomeSink
{
    private readonly AtomicFile _numbers = new(path);
    private readonly AtomicFile _names = new(NpySink.NamesBeside(path));
    private readonly List<TensorToWrite> _written = [];
    private StreamWriter? _lines;
    private int _headerBytes;
    private int _rows;

    private NumberFormat Numbers => plan.Order.Type == FeatureType.Float16 ? NumberFormat.Float16 : NumberFormat.Float32;

    public async ValueTask WriteAsync(EmbedOutcome outcome, CancellationToken cancellationToken)
    {
        Begin();
        if (outcome.Features is not { } features)
        {
            await _lines!.WriteLineAsync(JsonLinesSink.ErrorLine(outcome).AsMemory(), cancellationToken);
            return;
        }
        using (features)
        {
            foreach (ReadOnlyMemory<byte> chunk in features.Blocks.SelectMany(block => block.Chunks))
                await _numbers.Stream.WriteAsync(chunk, cancellationToken);
        }
        _written.AddRange(Tensors(outcome.Index, outcome.Inputs));
        string line = format == VectorFormat.Npy
            ? JsonLines.Line(new { outcome.File, row = _rows }) : JsonLines.Line(new { outcome.File, image = outcome.Index });
        _rows++;
        await _lines!.WriteLineAsync(line.AsMemory(), cancellationToken);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Begin();
        _numbers.Stream.Position = 0;
        await _numbers.Stream.WriteAsync(Header(_written, _rows), cancellationToken);
        await _lines!.FlushAsync(cancellationToken);
        _names.Commit();
        _numbers.Commit();
    }

    public void Dispose()
    {
        _numbers.Dispose();
        _names.Dispose();
    }

    /// <summary>Leaves room for what all images would need.</summary>
    private void Begin()
    {
        if (_lines is not null)
            return;
        _lines = new(_names.Stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        int most = plan.Tiling?.MaxInputs ?? 1;
        _headerBytes = Header([.. Enumerable.Range(0, plan.Images).SelectMany(image => Tensors(image, most))], plan.Images).Length;
        _numbers.Stream.Position = _headerBytes;
    }

    /// <summary>What stands before the numbers, filled up with blanks to the room that was left.</summary>
    private byte[] Header(IReadOnlyCollection<TensorToWrite> tensors, int images)
    {
        if (format == VectorFormat.Npy)
            return NpyFile.Header([images, .. plan.Tensors[0].Shape], Numbers);
        byte[] header = SafetensorsWriter.Header(tensors, plan.Metadata());
        if (header.Length >= _headerBytes)
            return header;
        byte[] padded = new byte[_headerBytes];
        padded.AsSpan().Fill((byte)' ');
        header.CopyTo(padded, 0);
        BinaryPrimitives.WriteInt64LittleEndian(padded, _headerBytes - sizeof(long));
        return padded;
    }

    private IEnumerable<TensorToWrite> Tensors(int image, int inputs) => plan.Tensors.Select(tensor => new TensorToWrite(
        tensor.NameFor(image),
        plan.Order.Type.AsStored(),
        plan.Tiling is null ? tensor.Shape : tensor.Shape.SetItem(0, tensor.Shape[0] * inputs),
        _ => { }));
}

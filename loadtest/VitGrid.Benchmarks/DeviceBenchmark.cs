using System.Diagnostics;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Sessions;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.Benchmarks;

/// <summary>What is measured on devices.</summary>
/// <param name="Devices">Segments lie on them in order.</param>
/// <param name="Precision">Arithmetic; null: the automatic one.</param>
/// <param name="Segments">Segments, one after another.</param>
/// <param name="CudaGraphs">Whether CUDA graphs are captured.</param>
internal sealed record DeviceQuestion(IReadOnlyList<DeviceSpec> Devices, Precision? Precision, int Segments, bool CudaGraphs);

/// <summary>
/// Images a second of a model's segments on devices, by batch size: pixels in host memory to pooled vectors in host memory, one batch at
/// a time on one thread, nothing of the grid around it. Images are noise: speed does not depend on them.
/// </summary>
internal sealed class DeviceBenchmark : IDisposable
{
    private const int Warmups = 2, MinRuns = 3;

    private readonly Checkpoint _checkpoint;
    private readonly DeviceQuestion _question;
    private readonly DeviceInventory _before;
    private readonly Precision _precision;
    private readonly InputSize _size;

    public DeviceBenchmark(string model, DeviceQuestion question, DeviceInventory inventory)
    {
        _before = inventory;
        _question = question;
        _precision = question.Precision ?? _before.ChooseAutomatic(question.Devices);
        _checkpoint = Checkpoint.Open(model);
        _size = InputSize.Of(_checkpoint.Preprocessing);
    }

    public IEnumerable<string> Run(IReadOnlyList<int> batches, double seconds)
    {
        double flops = _checkpoint.Costs(_size).TotalFlops;
        long begun = Stopwatch.GetTimestamp();
        ISegmentSession[] sessions = Load(_question.Segments);
        yield return Text($"{Path.GetFileName(_checkpoint.Directory)}, {_size}, {_precision.ToString().ToLowerInvariant()}, "
            + $"{_question.Segments} segment(s) on "
            + $"{string.Join(", ", _question.Devices.Select(device => $"{device.Name} ({_before.Describe(device).Model})"))}{Graphs}, "
            + $"loaded in {Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s");
        yield return "batch   images/s   ms/batch   TFLOP/s";
        foreach (int batch in batches)
        {
            double time = Measure(sessions, batch, seconds);
            yield return Text($"{batch,5}   {batch / time,8:F2}   {time * 1e3,8:F2}   {flops * batch / time / 1e12,7:F2}");
        }
        foreach (DeviceFacts card in DeviceInventory.Read().Cards.SelectMany(kind => kind.Value.Devices))
            yield return Text($"{card.Spec.Name}: {(_before.Describe(card.Spec).FreeBytes - card.FreeBytes) >> 20} MiB taken, "
                + $"{card.FreeBytes >> 20} MiB free");
        yield return Text($"peak host memory {HostMachine.PeakMemoryBytes() >> 20} MiB");
        Array.ForEach(sessions, session => session.Dispose());
    }

    /// <summary>
    /// Whether <paramref name="segments"/> segments on the first device give the vectors of one, bit for bit, for batches of 1, 3 and 4.
    /// </summary>
    public string CompareSegments(int segments)
    {
        ISegmentSession[] one = Load(1), several = Load(segments);
        int different = 0;
        foreach (int batch in (int[])[1, 3, 4])
        {
            ReadOnlyMemory<byte>[] images = Images(batch);
            float[] expected = Embed(one, images), actual = Embed(several, images);
            different += expected.Zip(actual).Count(
                pair => BitConverter.SingleToInt32Bits(pair.First) != BitConverter.SingleToInt32Bits(pair.Second));
        }
        Array.ForEach((ISegmentSession[])[.. one, .. several], session => session.Dispose());
        return Text($"{segments} segments beside one on {_question.Devices[0].Name}: "
            + $"{(different == 0 ? "equal bit for bit" : $"{different} numbers DIFFER")}");
    }

    public void Dispose() => _checkpoint.Dispose();

    private string Graphs =>
        _question.Devices.All(device => device.Backend.SharesHost) ? "" : $", CUDA graphs {(_question.CudaGraphs ? "on" : "off")}";

    private ISegmentSession[] Load(int segments) =>
        [.. BlockRange.Split(_checkpoint.Architecture.Depth, segments).Select(
            (blocks, i) => Load(blocks, _question.Devices[i * Math.Min(_question.Devices.Count, segments) / segments]))];

    private ISegmentSession Load(BlockRange blocks, DeviceSpec device) => device.Backend.Load(_checkpoint, new SegmentSettings
    {
        Blocks = blocks,
        InputSize = _size,
        Precision = _precision,
        Device = device,
        CudaGraphs = _question.CudaGraphs,
    });

    private double Measure(ISegmentSession[] sessions, int batch, double seconds)
    {
        ReadOnlyMemory<byte>[] images = Images(batch);
        for (int i = 0; i < Warmups; i++)
            Embed(sessions, images);
        int runs = 0;
        long begun = Stopwatch.GetTimestamp();
        while (runs < MinRuns || Stopwatch.GetElapsedTime(begun).TotalSeconds < seconds)
        {
            Embed(sessions, images);
            runs++;
        }
        return Stopwatch.GetElapsedTime(begun).TotalSeconds / runs;
    }

    /// <summary>The pooled vectors of the last layer, image after image.</summary>
    private float[] Embed(ISegmentSession[] sessions, ReadOnlyMemory<byte>[] images)
    {
        Activation activation = sessions[0].RunPixels(images);
        foreach (ISegmentSession session in sessions.Skip(1))
        {
            Activation next = session.Run(activation);
            activation.Dispose();
            activation = next;
        }
        int length = 2 * _checkpoint.Architecture.Width;
        float[] vectors = new float[images.Length * length];
        for (int item = 0; item < images.Length; item++)
            activation.CopyPooled(_checkpoint.Architecture.Depth, item, vectors.AsSpan(item * length, length));
        activation.Dispose();
        return vectors;
    }

    private ReadOnlyMemory<byte>[] Images(int count)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            byte[] pixels = new byte[_size.PixelBytes];
            random.NextBytes(pixels);
            return (ReadOnlyMemory<byte>)pixels;
        })];
    }
}

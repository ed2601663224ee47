using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// The fixed buffers of one batch size on a device, bound once. Its first run captures a graph where the session is told to capture.
/// </summary>
internal sealed class Bucket : IDisposable
{
    /// <summary>What CUDA aligns its own allocations to.</summary>
    private const long Alignment = 256;

    private readonly InferenceSession _session;
    private readonly DeviceMemory _memory;
    private readonly Dictionary<string, nint> _addresses = [];
    private readonly List<OrtValue> _values = [];
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _options = new();

    public Bucket(InferenceSession session, SegmentTensors tensors, DeviceMemory memory, int size)
    {
        (_session, _memory, Size) = (session, memory, size);
        _binding = session.CreateIoBinding();
        // One graph a bucket; without graphs the entry has no meaning.
        _options.AddRunConfigEntry("gpu_graph_id", size.ToString(CultureInfo.InvariantCulture));

        HashSet<string> read = [.. tensors.ReadOnHost];
        HostBytes = tensors.Outputs.Where(output => read.Contains(output.Name)).Sum(output => Room(output, size));
        try
        {
            Input = memory.Device.Allocate(tensors.Input.ImageBytes * size);
            Outputs = memory.Device.Allocate(tensors.Outputs.Sum(output => Room(output, size)));
            Bind(tensors);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Images it holds.</summary>
    public int Size { get; }

    /// <summary>Where the input is written to.</summary>
    public nint Input { get; }

    /// <summary>Where all outputs lie, one after another.</summary>
    public nint Outputs { get; }

    /// <summary>Bytes from <see cref="Outputs"/> on that the host reads.</summary>
    public long HostBytes { get; }

    public nint AddressOf(string output) => _addresses[output];

    public void Run()
    {
        _session.RunWithBinding(_options, _binding);
        _binding.SynchronizeBoundOutputs();
    }

    public void Dispose()
    {
        _binding.Dispose();
        _values.ForEach(value => value.Dispose());
        _options.Dispose();
        foreach (nint buffer in (ReadOnlySpan<nint>)[Input, Outputs])
        {
            if (buffer != 0)
                _memory.Device.Free(buffer);
        }
    }

    private void Bind(SegmentTensors tensors)
    {
        _binding.BindInput(tensors.Input.Name, Value(tensors.Input, Input));
        nint address = Outputs;
        foreach (SegmentTensor output in tensors.Outputs)
        {
            _addresses.Add(output.Name, address);
            _binding.BindOutput(output.Name, Value(output, address));
            address += (nint)Room(output, Size);
        }
    }

    private static long Room(SegmentTensor tensor, int size) => ((tensor.ImageBytes * size) + Alignment - 1) / Alignment * Alignment;

    private OrtValue Value(SegmentTensor tensor, nint address)
    {
        OrtValue value = OrtValue.CreateTensorValueWithData(
            _memory.Info, tensor.Type, tensor.Shape(Size), address, tensor.ImageBytes * Size);
        _values.Add(value);
        return value;
    }
}

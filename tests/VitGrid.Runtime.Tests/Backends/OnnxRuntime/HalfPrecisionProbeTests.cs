using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Execution;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Backends.OnnxRuntime;

/// <summary>The probe that lets a model run in fp16, its half-precision graphs on a CPU.</summary>
public sealed class HalfPrecisionProbeTests
{
    private static readonly InputSize Size = InputSize.Square(56);

    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-rms-qknorm")]
    public void An_ordinary_model_passes(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        HalfPrecisionProbe.Check(checkpoint, Size, block => Load(checkpoint, block));
    }

    [Fact]
    public void A_model_whose_hidden_states_grow_too_large_is_refused_by_layer()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}");
        try
        {
            CopyWithScale(folder, "encoder.layers.2.ls2", 30_000);
            using Checkpoint checkpoint = Checkpoint.Open(folder);
            NotSupportedException refusal = Assert.Throws<NotSupportedException>(
                () => HalfPrecisionProbe.Check(checkpoint, Size, block => Load(checkpoint, block)));
            Assert.Contains("after block 3 of 4 its largest activation is", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("(limit 30000)", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static SegmentSession Load(Checkpoint checkpoint, ProbedBlock block)
    {
        SegmentSettings settings = block.On(new()
        {
            Blocks = new(0, 1), InputSize = Size, Device = ExecutionBackends.Processor, Threads = 2,
        });
        ActivationType compute = block.Precision == Precision.Fp16 ? ActivationType.Float16 : ActivationType.Float32;
        return new CpuBackend().Load(checkpoint, settings, memory: null, compute);
    }

    /// <summary>tiny-ln with every element of one layer scale set to <paramref name="scale"/>.</summary>
    private static void CopyWithScale(string folder, string tensor, float scale)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(GoldenFiles.Model("tiny-ln")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        string weights = Path.Combine(folder, "model.safetensors");
        TensorEntry entry;
        using (SafetensorsFile opened = SafetensorsFile.Open(weights))
            entry = opened.Tensors[tensor];
        using FileStream stream = File.OpenWrite(weights);
        stream.Position = entry.Offset;
        for (long written = 0; written < entry.Length; written += sizeof(float))
            stream.Write(BitConverter.GetBytes(scale));
    }
}

using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>ONNX Runtime on the host's cores: devices <c>cpu:N</c>.</summary>
internal sealed class CpuBackend : OnnxRuntimeBackend
{
    private static readonly ParityLimit Exact = new(2e-5), EightBits = new(null, 0.9995);

    /// <inheritdoc/>
    public override string Kind => "cpu";

    /// <inheritdoc/>
    public override bool SharesHost => true;

    /// <inheritdoc/>
    public override DeviceSurvey Survey() => new([CpuDevice.Read(new(this, 0))], null);

    /// <inheritdoc/>
    public override Precision ChooseAutomatic(IReadOnlyList<DeviceFacts> devices) => Precision.Fp32;

    /// <inheritdoc/>
    public override Arithmetic? FindArithmetic(Precision precision) => precision switch
    {
        Precision.Fp32 => new("fp32", ActivationType.Float32, Exact),
        // Only the weights are 16 bits wide; they are widened at each use, which is exact.
        Precision.Bf16 => new("bf16-weights", ActivationType.Float32, Exact),
        // The range of the weights depends on the processor.
        Precision.Int8 => new(
            EightBitKernel.Fault is null ? $"int8-{EightBitKernel.Form.Name()}" : "int8", ActivationType.Float32, EightBits)
        {
            Gain = EightBitKernel.Gain,
        },
        _ => null,
    };

    /// <inheritdoc/>
    public override string? Refusal(Precision precision) => precision switch
    {
        Precision.Fp16 => ", which CUDA devices have; on a CPU use fp32, int8, or bf16 for checkpoints stored in bf16",
        Precision.Int8 when EightBitKernel.Fault is { } fault => $": {fault}",
        _ => null,
    };

    /// <inheritdoc/>
    public override ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Precision == Precision.Bf16 && checkpoint.StoredType != TensorType.BF16)
            throw new NotSupportedException(
                $"precision bf16 on a CPU keeps bf16 weights as stored, but this checkpoint is stored as {checkpoint.StoredType}; "
                    + "use fp32");
        if (settings.Precision == Precision.Int8 && checkpoint.EightBitFault is { } fault)
            throw new NotSupportedException($"precision int8 is refused for this checkpoint: {fault}");
        Arithmetic arithmetic = FindArithmetic(settings.Precision) ?? throw new NotSupportedException(
            $"precision {settings.Precision} is not available on {settings.Device.Name}; use fp32, int8, or bf16 for checkpoints stored in "
                + "bf16");
        return Load(checkpoint, settings, memory: null, arithmetic.Compute);
    }

    /// <inheritdoc/>
    protected override void Configure(SessionOptions options, SegmentSettings settings)
    {
        // Folding the casts would hold every 16-bit weight a second time, in 32 bits: that is the fp32 mode.
        if (settings.Precision == Precision.Bf16)
            SessionConfiguration.Disable(options, "ConstantFolding");
        // The fused operator is slower than Add and Gelu.
        else if (settings.Precision == Precision.Int8)
            SessionConfiguration.Disable(options, "BiasGeluFusion");
    }
}

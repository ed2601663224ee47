using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>ONNX Runtime's CUDA provider: devices <c>cuda:N</c>.</summary>
/// <param name="findDriver">Finds the installed driver; null where there is none.</param>
/// <param name="findFault">Tells what keeps the provider from running; null when nothing does.</param>
internal sealed class CudaBackend(Func<CudaDriver?> findDriver, Func<DeviceFault?> findFault) : OnnxRuntimeBackend
{
    /// <summary>The backend with the machine's own driver.</summary>
    public CudaBackend()
        : this(CudaDriver.TryLoad, CudaProvider.Fault)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "cuda";

    /// <inheritdoc/>
    public override bool SharesHost => false;

    /// <inheritdoc/>
    public override DeviceSurvey Survey()
    {
        if (findDriver() is not { } driver)
            return new([], new(
                "there is no NVIDIA driver (libcuda.so.1)",
                "install it (nvidia-smi must list the GPU); start a container with --gpus all"));
        try
        {
            DeviceFacts[] devices = CudaDevices.ReadAll(driver, this);
            return new(devices, devices.Length > 0 ? findFault() : new(
                "the NVIDIA driver shows no GPU to this process", "look at CUDA_VISIBLE_DEVICES"));
        }
        catch (DeviceException exception)
        {
            return new([], new(exception.Message, "nvidia-smi must list the GPU on this machine"));
        }
    }

    /// <inheritdoc/>
    public override Precision ChooseAutomatic(IReadOnlyList<DeviceFacts> devices) => CudaPrecision.ChooseAutomatic(devices);

    /// <inheritdoc/>
    public override Arithmetic? FindArithmetic(Precision precision) => precision switch
    {
        Precision.Fp32 => new("fp32", ActivationType.Float32, new ParityLimit(2e-5)),
        Precision.Bf16 => new("bf16", ActivationType.BFloat16, new ParityLimit(null, 0.9995)),
        Precision.Fp16 => new("fp16", ActivationType.Float16, new ParityLimit(null, 0.9999)),
        _ => null,
    };

    /// <inheritdoc/>
    public override string? Refusal(Precision precision) =>
        precision == Precision.Int8 ? ", which CPU devices have; on CUDA use auto, which is bf16 or fp16 there" : null;

    /// <inheritdoc/>
    public override ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(settings);
        Arithmetic arithmetic = FindArithmetic(settings.Precision) ?? throw new NotSupportedException(
            $"precision int8 runs on CPUs only, not on {settings.Device.Name}; use auto, which is bf16 or fp16 there");
        if (!OnnxRuntimeLibrary.ExecutionProviders.Contains(CudaProvider.Name))
            throw new NotSupportedException($"device {settings.Device.Name}: {findFault()}");
        DeviceMemory memory = OpenMemory(settings.Device);
        if (settings.Precision == Precision.Fp16 && settings.Blocks.End == checkpoint.Architecture.Depth)
            HalfPrecisionProbe.Check(checkpoint, settings.InputSize, block => LoadBlock(checkpoint, block.On(settings), memory));
        return Load(checkpoint, settings, memory, arithmetic.Compute);
    }

    /// <summary>The provider's options for a segment.</summary>
    internal static Dictionary<string, string> ProviderOptions(SegmentSettings settings)
    {
        Dictionary<string, string> options = new()
        {
            ["device_id"] = settings.Device.Ordinal.ToString(CultureInfo.InvariantCulture),
            // Doubling, the default, can leave a card half used.
            ["arena_extend_strategy"] = "kSameAsRequested",
            ["enable_cuda_graph"] = settings.CudaGraphs ? "1" : "0",
            ["use_tf32"] = "0",
        };
        if (settings.Device.MemoryBytes is { } bound)
            options["gpu_mem_limit"] = bound.ToString(CultureInfo.InvariantCulture);
        return options;
    }

    /// <inheritdoc/>
    protected override void Configure(SessionOptions options, SegmentSettings settings)
    {
        // A node left to the CPU would copy hidden states to and fro at every step; better not to start.
        options.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
        // The fused operator sums squares in the tensor's own 16-bit type.
        SessionConfiguration.Disable(options, "SkipLayerNormFusion");
        using OrtCUDAProviderOptions cuda = new();
        cuda.UpdateOptions(ProviderOptions(settings));
        options.AppendExecutionProvider_CUDA(cuda);
    }

    private SegmentSession LoadBlock(Checkpoint checkpoint, SegmentSettings block, DeviceMemory memory) =>
        Load(checkpoint, block, memory, FindArithmetic(block.Precision)!.Compute);

    private DeviceMemory OpenMemory(DeviceSpec device)
    {
        CudaDriver driver = findDriver()
            ?? throw new NotSupportedException($"device {device.Name}: there is no NVIDIA driver on this machine; name cpu:N");
        return DeviceMemory.OfCuda(driver, device.Ordinal);
    }
}

using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends.OnnxRuntime.Plugins;

/// <summary>
/// A library that ONNX Runtime loads as an execution provider: devices <c>NAME:N</c>, known from the configuration alone.
/// </summary>
internal sealed class PluginBackend : OnnxRuntimeBackend
{
    /// <summary>ONNX Runtime's words where nodes would be computed by itself.</summary>
    private const string LeftToProcessor = "assigned to the default CPU EP";

    private readonly PluginProvider _provider;
    private readonly PluginRecipe _recipe;
    private readonly PluginLibrary _library;

    public PluginBackend(PluginProvider provider)
    {
        _provider = provider;
        _recipe = PluginRecipe.For(provider);
        _library = PluginLibrary.Of(provider);
    }

    /// <inheritdoc/>
    public override string Kind => _provider.Name;

    /// <inheritdoc/>
    public override bool SharesHost => _provider.Hardware == PluginHardware.Cpu;

    /// <inheritdoc/>
    public override bool IsProvenAtLoad => true;

    /// <inheritdoc/>
    public override DeviceSurvey Survey()
    {
        try
        {
            using PluginUse use = _library.Use();
            OrtEpDevice[] devices = Mine(use);
            return devices.Length > 0
                ? new([.. devices.Select((device, ordinal) => PluginDevices.Read(device, new(this, ordinal)))], null)
                : new([], PluginDevices.Absent(_provider, use.Devices));
        }
        catch (PluginException exception)
        {
            return new([], exception.Fault);
        }
    }

    /// <inheritdoc/>
    public override Precision ChooseAutomatic(IReadOnlyList<DeviceFacts> devices) => Precision.Fp32;

    /// <inheritdoc/>
    public override Arithmetic? FindArithmetic(Precision precision) => _recipe.Refusal(precision) is not null ? null : precision switch
    {
        Precision.Bf16 => new(NameOf("bf16"), ActivationType.Float32, new(null, 0.9999)) { Gain = _recipe.Gain(precision) },
        _ => new(NameOf("fp32"), ActivationType.Float32, new ParityLimit(2e-5)) { Gain = _recipe.Gain(precision) },
    };

    /// <inheritdoc/>
    public override string? Refusal(Precision precision) => _recipe.Refusal(precision);

    /// <inheritdoc/>
    public override ISegmentSession Load(Checkpoint checkpoint, SegmentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(settings);
        string name = settings.Device.Name;
        Arithmetic arithmetic = FindArithmetic(settings.Precision) ?? throw new NotSupportedException(
            $"precision {settings.Precision.ToString().ToLowerInvariant()} is not available on {name}{Refusal(settings.Precision)}");
        PluginUse use;
        try
        {
            use = _library.Use();
        }
        catch (PluginException exception)
        {
            throw new NotSupportedException($"device {name}: {exception.Message}", exception);
        }
        try
        {
            // Its weights are its own: it keeps them in an order that no other session reads.
            return Load(checkpoint, settings with { Sharing = null }, memory: null, arithmetic.Compute, use);
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Configure(SessionOptions options, SegmentSettings settings)
    {
        using PluginUse use = _library.Use();
        OrtEpDevice[] devices = Mine(use);
        int ordinal = SharesHost ? 0 : settings.Device.Ordinal;
        if (ordinal >= devices.Length)
            throw new NotSupportedException($"device {settings.Device.Name}: {PluginDevices.Absent(_provider, use.Devices)}");
        // What the provider leaves would be computed by ONNX Runtime itself, under the provider's name.
        options.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
        options.AppendExecutionProvider(OrtEnv.Instance(), [devices[ordinal]], _recipe.OptionsFor(settings));
    }

    /// <inheritdoc/>
    protected override string Explain(string message, SegmentSettings settings) =>
        message.Contains(LeftToProcessor, StringComparison.Ordinal)
            ? $"the plug-in takes only a part of blocks {settings.Blocks}, and the rest would be computed by the processor under its name; "
                + $"use cpu:N, or another version of the plug-in ({message.Trim()})"
            : message;

    private OrtEpDevice[] Mine(PluginUse use) => [.. use.Devices.Where(device => PluginDevices.Is(device, _provider.Hardware))];

    /// <summary>What is computed differs by what the operator adds to the options: that is part of the name.</summary>
    private string NameOf(string precision)
    {
        IEnumerable<KeyValuePair<string, string>> added = precision == "bf16"
            ? _provider.Options.Concat(_provider.Bf16Options) : _provider.Options;
        string text = string.Join('\n', added.OrderBy(option => option.Key, StringComparer.Ordinal).Select(
            option => $"{option.Key}={option.Value}"));
        string own = text.Length == 0 ? "" : $"-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8]}";
        return $"{_provider.Name}-{precision}{own}";
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Backends.OnnxRuntime.Plugins;

/// <summary>
/// OpenVINO's provider: what it computes in is a hint in its option <c>load_config</c>, and is always given. Without it the library takes
/// bf16 wherever the processor has it, for models in single precision too.
/// </summary>
internal sealed class OpenVinoRecipe(PluginProvider provider) : PluginRecipe(provider)
{
    private const string LoadConfig = "load_config";
    private const string Hint = "INFERENCE_PRECISION_HINT";

    /// <inheritdoc/>
    public override string? Refusal(Precision precision) => precision switch
    {
        Precision.Fp32 => null,
        Precision.Bf16 when Provider.Hardware == PluginHardware.Cpu && !HostMachine.HasBFloat16 =>
            ", which OpenVINO computes on processors with AMX or AVX-512 BF16, and this has neither; use fp32",
        Precision.Bf16 when Provider.Hardware != PluginHardware.Cpu => ", which OpenVINO has on processors; use fp32",
        Precision.Bf16 => null,
        _ => $", which {Provider.Name} devices do not compute in; use fp32 or bf16",
    };

    /// <summary>
    /// In bf16 2.3 times as many images as in fp32, measured with the 300M shape at 448 on a processor with AMX
    /// (<c>loadtest/results/2026-11-29-openvino.md</c>).
    /// </summary>
    public override double Gain(Precision precision) => precision == Precision.Bf16 ? 2.3 : 1;

    /// <inheritdoc/>
    protected override void Complete(Dictionary<string, string> options, SegmentSettings settings)
    {
        JsonObject config = Parse(options.GetValueOrDefault(LoadConfig));
        string device = Provider.Hardware.ToString().ToUpperInvariant();
        if (config[device] is not JsonObject own)
            config[device] = own = [];
        own[Hint] = settings.Precision == Precision.Bf16 ? "bf16" : "f32";
        if (Provider.Hardware == PluginHardware.Cpu)
        {
            own["INFERENCE_NUM_THREADS"] = settings.Threads.ToString(CultureInfo.InvariantCulture);
            // Several devices of a process would be pinned to the same cores.
            own.TryAdd("ENABLE_CPU_PINNING", "NO");
        }
        options[LoadConfig] = config.ToJsonString();
    }

    private JsonObject Parse(string? text)
    {
        try
        {
            return text is null ? [] : JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is no object");
        }
        catch (JsonException exception)
        {
            throw new NotSupportedException(
                $"option {LoadConfig} of {Provider.Name} is '{text}', which is no JSON object such as {{\"CPU\":{{\"{Hint}\":\"f32\"}}}}: "
                    + exception.Message, exception);
        }
    }
}

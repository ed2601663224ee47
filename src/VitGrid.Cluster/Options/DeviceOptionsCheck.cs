using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;

namespace VitGrid.Cluster.Options;

/// <summary>Checks that the devices are there and compute each model in one arithmetic.</summary>
internal static class DeviceOptionsCheck
{
    /// <summary>Every fault, a sentence each.</summary>
    public static IEnumerable<string> Faults(GridOptions options) =>
        DeviceInventory.Read(options.Devices).Faults(options.Devices).Select(fault => $"Devices: {fault}")
            .Concat(options.Models.Select(model => PrecisionFault(model, options.Devices)).OfType<string>());

    /// <summary>Segments of one model hand each other hidden states of one type, whatever device they lie on.</summary>
    private static string? PrecisionFault(ModelOptions model, IReadOnlyList<DeviceSpec> devices)
    {
        IExecutionBackend[] backends = [.. devices.Select(device => device.Backend).Distinct()];
        string setting = $"Models:{model.Name}:Precision is {model.Precision}";
        if (backends.Select(backend => backend.FindArithmetic(model.Precision)?.Name).Distinct().Count() > 1)
            return $"{setting} over {Kinds(backends)} devices, {Remedy(model.Precision, backends)}";
        return backends.Select(backend => backend.Refusal(model.Precision)).FirstOrDefault(refusal => refusal is not null) is { } refusal
            ? setting + refusal
            : null;
    }

    private static string Remedy(Precision precision, IReadOnlyList<IExecutionBackend> backends) =>
        backends.Select(backend => backend.FindArithmetic(Precision.Fp32)?.Name).Distinct().Count() == 1
            ? "which only fp32 can span; use fp32, or devices of one kind"
            : $"which do not compute the same in {precision}; use devices of one kind";

    private static string Kinds(IEnumerable<IExecutionBackend> backends) =>
        string.Join(" and ", backends.Select(backend => backend.Kind.ToUpperInvariant()).Order(StringComparer.Ordinal));
}

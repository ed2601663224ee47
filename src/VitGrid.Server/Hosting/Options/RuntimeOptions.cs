using System.Collections.Immutable;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>What computes beside what VitGrid brings along.</summary>
internal sealed record RuntimeOptions : ISettingRules
{
    /// <summary>Libraries that ONNX Runtime loads as execution providers, each a kind of devices.</summary>
    [Section]
    public IReadOnlyList<ProviderSettings> Providers { get; init; } = [];

    /// <summary>All kinds of devices; of providers that are named as none can be, none.</summary>
    public IReadOnlyList<IExecutionBackend> Backends => ExecutionBackends.With(
        Providers.Where(provider => provider.Library is not null && Fault(provider) is null).Select(provider => provider.ToProvider()));

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path) => Providers
        .Select(provider => (provider.Name, Fault: Fault(provider)))
        .Where(provider => provider.Fault is not null)
        .Select(provider => $"{path[nameof(Providers)][provider.Name]} {provider.Fault}");

    private static string? Fault(ProviderSettings provider)
    {
        if (!PluginProvider.IsName(provider.Name))
            return "is no name of devices; it takes lower-case letters, digits and hyphens, a letter first, at most 32, as in openvino";
        return ExecutionBackends.All.Any(backend => backend.Kind == provider.Name)
            ? $"has the name of devices that VitGrid has itself; take another, as in {provider.Name}-plugin" : null;
    }
}

/// <summary>A library that ONNX Runtime loads as an execution provider.</summary>
internal sealed record ProviderSettings
{
    /// <summary>The kind of its devices.</summary>
    [SectionName]
    public string Name { get; init; } = "";

    /// <summary>Path of the shared library.</summary>
    [Setting("the library of an execution provider that ONNX Runtime loads as a plug-in; its devices are then `name:0`, where `name` is "
        + "the name of the section ([accelerators](accelerators.md))", Form = "the path of a shared library")]
    public required string Library { get; init; }

    /// <summary>What its devices are.</summary>
    [Setting("what the plug-in's devices are: the host's processor, graphics or neural processors; of a library with several, name one "
        + "section for each")]
    public PluginHardware Hardware { get; init; }

    /// <summary>Options of every session.</summary>
    [Setting("the provider's own options, by their names, a text each; `{threads}` becomes the number of threads. They become part of "
        + "cache keys", Form = "`Options:NAME=TEXT`")]
    public IReadOnlyDictionary<string, string> Options { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Options by which it computes in bf16.</summary>
    [Setting("options beside `Options` by which it computes in bf16; without them only a plug-in that VitGrid knows has `bf16`, which is "
        + "OpenVINO's", Form = "`Bf16Options:NAME=TEXT`")]
    public IReadOnlyDictionary<string, string> Bf16Options { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The plug-in that it describes.</summary>
    public PluginProvider ToProvider() => new(Name, Library) { Hardware = Hardware, Options = Options, Bf16Options = Bf16Options };
}

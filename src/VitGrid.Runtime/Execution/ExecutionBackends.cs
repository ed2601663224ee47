using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Backends.OnnxRuntime;
using VitGrid.Runtime.Backends.OnnxRuntime.Plugins;

namespace VitGrid.Runtime.Execution;

/// <summary>The backends that devices are named of: a new one is a folder below <c>Backends</c> and a line here.</summary>
public static class ExecutionBackends
{
    /// <summary>
    /// All backends, in the order in which messages name their kinds. Where no device is named, the first whose cards can be used has
    /// all of them used; without cards, the processor is.
    /// </summary>
    public static IReadOnlyList<IExecutionBackend> All { get; } =
    [
        new CpuBackend(),
        new CudaBackend(),
    ];

    /// <summary><see cref="All"/>, and after them one for each plug-in.</summary>
    public static IReadOnlyList<IExecutionBackend> With(IEnumerable<PluginProvider> providers) =>
        [.. All, .. providers.Select(provider => new PluginBackend(provider))];

    /// <summary>The processor with every core, which each machine has.</summary>
    public static DeviceSpec Processor { get; } = new(All[0], 0);
}

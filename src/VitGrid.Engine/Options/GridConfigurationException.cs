namespace VitGrid.Engine.Options;

/// <summary>The grid cannot start as configured. The message lists every fault, each with its value, limit and remedy.</summary>
public sealed class GridConfigurationException(IReadOnlyList<string> faults, Exception? inner = null)
    : Exception(faults.Count == 1 ? faults[0] : string.Join("\n- ", faults.Prepend($"{faults.Count} faults in the configuration:")), inner)
{
    /// <summary>Every fault found, at least one.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}

namespace VitGrid.Transport;

/// <summary>The data plane cannot start as configured. The message lists every fault, each with its value, limit and remedy.</summary>
public sealed class DataPlaneException(IReadOnlyList<string> faults, Exception? inner = null)
    : Exception(string.Join("\n- ", faults), inner)
{
    /// <summary>Every fault found, at least one.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}

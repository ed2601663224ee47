using System.Globalization;

namespace VitGrid.Runtime.Backends;

/// <summary>One device as named on the command line: <c>cpu:0</c>, <c>cuda:1</c>, <c>cpu:0=2GiB</c>.</summary>
/// <param name="Backend">Computes on its kind.</param>
/// <param name="Ordinal">Number among its kind.</param>
/// <param name="MemoryBytes">Memory bound in bytes; null when not given.</param>
public sealed record DeviceSpec(IExecutionBackend Backend, int Ordinal, long? MemoryBytes = null)
{
    /// <summary>The name without the memory bound, e.g. <c>cpu:0</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Backend.Kind}:{Ordinal}");

    /// <inheritdoc/>
    public override string ToString() => MemoryBytes is { } bound ? string.Create(CultureInfo.InvariantCulture, $"{Name}={bound}B") : Name;
}

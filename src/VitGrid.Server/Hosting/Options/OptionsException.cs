namespace VitGrid.Server.Hosting.Options;

/// <summary>A configuration that cannot be started with; the message lists every fault, one a line.</summary>
internal sealed class OptionsException(IReadOnlyList<string> faults)
    : Exception($"the configuration has {faults.Count} fault(s):{string.Concat(faults.Select(fault => $"{Environment.NewLine}  {fault}"))}")
{
    public IReadOnlyList<string> Faults { get; } = faults;
}

namespace VitGrid.Runtime.Backends;

/// <summary>What keeps devices from being used.</summary>
/// <param name="Fact">What was found, or not.</param>
/// <param name="Remedy">What to do.</param>
public sealed record DeviceFault(string Fact, string Remedy)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Fact}; {Remedy}";
}

namespace VitGrid.Transport;

/// <summary>Where a process listens for activations. Travels in grain messages.</summary>
/// <param name="Host">Name or address that peers reach.</param>
/// <param name="Port">TCP port.</param>
/// <param name="UnixSocket">Path of the Unix socket; null without one.</param>
/// <param name="Machine">Where the path means something: see <see cref="MachineToken"/>.</param>
public sealed record NodeEndpoint(
    string Host,
    int Port,
    string? UnixSocket,
    string Machine)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

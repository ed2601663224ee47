namespace VitGrid.Server.Api;

/// <summary>When this process began to serve.</summary>
internal sealed class ServerClock(TimeProvider time)
{
    public DateTimeOffset Started { get; } = time.GetUtcNow();
}

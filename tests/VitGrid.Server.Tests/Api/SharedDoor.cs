namespace VitGrid.Server.Tests.Api;

/// <summary>A door that the tests of a class share: properties ask it hundreds of times.</summary>
public sealed class SharedDoor : IAsyncLifetime
{
    internal Door Door { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Door = await Door.OpenAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Door.DisposeAsync();
}

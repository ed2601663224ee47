namespace VitGrid.Server.Tests.Api;

/// <summary>A front end that the tests of a class share: properties ask it hundreds of times.</summary>
public sealed class SharedApi : IAsyncLifetime
{
    internal TestApi TestApi { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => TestApi = await TestApi.OpenAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await TestApi.DisposeAsync();
}

using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace VitGrid.Server.InProcess;

/// <summary>A server that listens nowhere: requests are handed to it.</summary>
internal sealed class HostedServer : IServer
{
    private Func<IFeatureCollection, Func<Task>, Task>? _handle;

    public HostedServer() => Features.Set<IServerAddressesFeature>(new Nowhere());

    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <summary>Answers a request.</summary>
    /// <param name="request">What the application asks of it and its answer.</param>
    /// <param name="finish">Sends what is left of the answer, while the application still holds it.</param>
    /// <exception cref="InvalidOperationException">It has not started, or has stopped.</exception>
    public Task HandleAsync(IFeatureCollection request, Func<Task> finish) =>
        (_handle ?? throw new InvalidOperationException("the grid of this program has not started, or has stopped"))(request, finish);

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        _handle = (request, finish) => HandleAsync(application, request, finish);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _handle = null;
        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }

    private static async Task HandleAsync<TContext>(
        IHttpApplication<TContext> application, IFeatureCollection request, Func<Task> finish)
        where TContext : notnull
    {
        TContext context = application.CreateContext(request);
        try
        {
            await application.ProcessRequestAsync(context);
            await finish();
        }
        catch (Exception exception)
        {
            application.DisposeContext(context, exception);
            throw;
        }
        application.DisposeContext(context, null);
    }

    /// <summary>No address, and none can be added: the host adds those that are configured where it may.</summary>
    private sealed class Nowhere : IServerAddressesFeature
    {
        public ICollection<string> Addresses { get; } = Array.Empty<string>();

        public bool PreferHostingUrls { get; set; }
    }
}

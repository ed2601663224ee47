using Microsoft.AspNetCore.Hosting.Server;
using VitGrid.Access.Options;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Runtime.Images.Isolation;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Access;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Models;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.InProcess;

/// <summary>
/// The whole server within a program of somebody else's: the same grid, middleware and endpoints as <c>vitgrid serve</c> has, with services
/// of its own, and requests handed to it instead of an address that it listens at. Thread-safe once it has started.
/// </summary>
public sealed class HostedGrid : IAsyncDisposable, IDisposable
{
    private readonly WebApplication _app;
    private readonly HostedServer _server;
    private readonly bool _isDecided;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private HostedGrid(WebApplication app, HostedServer server, bool isDecided) => (_app, _server, _isDecided) = (app, server, isDecided);

    /// <summary>Sends to the grid without a network; the grid must have started. To be disposed of by whoever asks for it.</summary>
    public HttpMessageHandler CreateHandler() => new HostedHandler(_server);

    /// <summary>Builds it; nothing runs yet.</summary>
    /// <param name="configuration">
    /// The program's configuration, with a section <c>VitGrid</c> as the server's; what it lacks is the default.
    /// </param>
    /// <param name="models">Names or folders of models; null: those of the configuration, else the bundled ones.</param>
    /// <param name="logs">Where its log lines go.</param>
    /// <exception cref="InvalidOperationException">A setting is wrong, or a model or device is not there; all are listed.</exception>
    public static HostedGrid Create(IConfiguration configuration, IReadOnlyList<string>? models, ILoggerFactory logs)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(logs);
        try
        {
            ServerOptions read = OptionsReader.Read(configuration);
            // The program's own server has closed its doors before the grid is stopped, so that nobody is left to be told.
            ServerOptions options = read with
            {
                Shutdown = read.Shutdown with { LingerMilliseconds = 0 }, Grpc = new(), Http = read.Http with { Page = false },
            };
            ModelRoots roots = ModelRoots.FromEnvironment(AppContext.BaseDirectory, Environment.GetEnvironmentVariable);
            GridOptions grid = ServeRoles.Grid(new() { Models = models }, options, new ModelLocator(roots), KnownDevices.Of(roots));
            HostedServer server = new();
            WebApplication app = ServerHost.Create(options, builder =>
            {
                builder.Logging.ClearProviders().AddProvider(new HostedLogs(logs));
                builder.Services.AddDecoder(grid.Images, Decoder());
                builder.AddGrid(grid, options.Role, options.DataPlane);
                builder.Services.AddSingleton<IServer>(server);
            });
            bool isGuarded = app.Services.GetRequiredService<AccessDecision>().IsRequired;
            return new(app, server, isGuarded || options.Auth.Mode == AuthMode.Off);
        }
        catch (Exception exception) when (exception is OptionsException or VerbException or GridConfigurationException)
        {
            throw new InvalidOperationException($"the grid of this program cannot be set up: {exception.Message}", exception);
        }
    }

    /// <summary>Starts it; returns when requests are taken. Models load on (<see cref="WhenLoadedAsync"/>).</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration signal = _app.Lifetime.ApplicationStarted.Register(started.SetResult);
        _running = ServerHost.RunAsync(_app, _stop.Token);
        // What stops it before it has started is its fault, and thrown.
        await (await Task.WhenAny(started.Task, _running).WaitAsync(cancellationToken));
    }

    /// <summary>Completes when every model has been loaded, or cannot be.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task WhenLoadedAsync(CancellationToken cancellationToken = default) =>
        _app.Services.GetRequiredService<ModelCatalog>().WhenLoadedAsync(cancellationToken);

    /// <summary>Answers what was accepted, refuses what is new, and stops.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <summary>
    /// Answers a request of the program's own server. Where no keys are asked for, it answers only what came to an address of this machine
    /// alone, unless <c>Auth:Mode</c> is <c>off</c>.
    /// </summary>
    /// <param name="context">The request; its path is the one that the grid sees.</param>
    public async Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!_isDecided && context.Connection.LocalIpAddress is { } local && !System.Net.IPAddress.IsLoopback(local))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(
                "this program is reached from other machines, and its grid asks for no API keys: set VitGrid:Auth:Mode to required, or to "
                    + "off where the program itself says who may ask",
                context.RequestAborted);
            return;
        }
        await using AsyncServiceScope scope = _app.Services.CreateAsyncScope();
        await _server.HandleAsync(new HostedRequest(context.Features, scope.ServiceProvider), () => Task.CompletedTask);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        ((IDisposable)_app).Dispose();
        _stop.Dispose();
    }

    /// <summary>The server's own program lies beside every program that is built with it; without it images are decoded here.</summary>
    private static DecodeProgram? Decoder()
    {
        string path = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "vitgrid.exe" : "vitgrid");
        return File.Exists(path) ? new(path, [DecoderChild.Verb]) : null;
    }
}

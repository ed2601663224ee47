using System.Reflection;
using System.Runtime.InteropServices;
using VitGrid.Access.Keys;
using VitGrid.Client;
using VitGrid.Cluster.Administration;
using VitGrid.Model.EightBits;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Health;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Pages;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Operations;

/// <summary>The answer of <c>GET /info</c>.</summary>
/// <param name="Version">VitGrid's version.</param>
/// <param name="Commit">The commit it was built from; null when the build did not know.</param>
/// <param name="Started">When this process began to serve.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Os">The operating system.</param>
/// <param name="Architecture">The processor's architecture.</param>
/// <param name="Processor">The processor's name.</param>
/// <param name="Cores">Cores this process may use.</param>
/// <param name="CpuInstructions">Vector instruction sets in use.</param>
/// <param name="Int8Form">The form that precision int8 takes on this processor: <c>vnni</c> or <c>pairsafe</c>; null where the environment
/// asks for one it cannot run.</param>
/// <param name="Devices">Devices that segments are placed on.</param>
/// <param name="DeviceFacts">What each of those devices is.</param>
/// <param name="Models">The served models.</param>
/// <param name="Limits">What a request may cost.</param>
/// <param name="Role">This process's part of the grid: <c>all</c>, <c>api</c> or <c>worker</c>.</param>
/// <param name="Node">Its name in the grid, as <c>cluster status</c> prints it.</param>
/// <param name="Cluster">The grid's id; null for a grid of one process.</param>
/// <param name="Segments">The segments that this process holds.</param>
internal sealed record InfoResponse(
    string Version,
    string? Commit,
    DateTimeOffset Started,
    string Runtime,
    string Os,
    string Architecture,
    string Processor,
    int Cores,
    IReadOnlyList<string> CpuInstructions,
    string? Int8Form,
    IReadOnlyList<string> Devices,
    IReadOnlyList<DeviceResponse> DeviceFacts,
    IReadOnlyList<ModelDescription> Models,
    LimitsResponse Limits,
    string Role,
    string? Node,
    string? Cluster,
    IReadOnlyList<HostedSegment>? Segments)
{
    /// <summary>Devices that were there at an earlier start and are missing at this one; null: none is.</summary>
    public IReadOnlyList<MissingDevice>? MissingDevices { get; init; }
}

/// <summary>
/// A device as it was at start, and how it does now. Memory in bytes, speed in FLOP/s on paper; compute capability of CUDA devices only.
/// State <c>healthy</c>, <c>slow</c> (it gets fewer images), <c>out</c> or <c>lost</c> (it gets none), with reason and time where it is not
/// healthy.
/// </summary>
internal sealed record DeviceResponse(
    string Name, string Model, long MemoryBytes, long? MemoryBound, string? ComputeCapability, int Threads, double Speed)
{
    /// <summary>The plug-in that computes there, with its version; null: none.</summary>
    public string? Provider { get; init; }

    /// <summary>How it does.</summary>
    public string State { get; init; } = "healthy";

    /// <summary>Why it is not healthy; null where it is.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when it is not.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When its last probe began that passed; null: none has.</summary>
    public DateTimeOffset? LastGoodProbe { get; init; }
}

/// <summary>What a request may cost; bytes, pixels, milliseconds.</summary>
internal sealed record LimitsResponse(
    int MaxInputs, long MaxBodyBytes, long MaxImageFileBytes, long MaxImagePixels, int MaxQueuedImages, long MaxQueuedBytes,
    int DefaultTimeoutMs);

/// <summary><c>GET /info</c>: what runs here, for people and bug reports; and <c>GET /</c>, the paths.</summary>
internal static class InfoEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        DeviceInventory? inventory = null;
        routes.MapGet("/info", (GridGateway grid, ServerOptions options, ServerClock clock) =>
                TypedResults.Json(
                    Describe(grid, options, clock, inventory ??= DeviceInventory.Read(grid.Devices)), OperationsJson.Readable.InfoResponse))
            .RequireScope(Scopes.Metrics)
            .WithName("info").WithTags("Operations").WithSummary(
                "Version, machine, devices, models, limits, and this process's place in the grid")
            .Produces<InfoResponse>();
        routes.MapGet("/", ShowAsync)
            .ForPage()
            .RequireKey()
            .WithName("index").WithTags("Operations").WithSummary("The paths served here; a browser is shown the page")
            .Produces<IndexResponse>();
    }

    /// <summary>Programs are told the paths; people see the page, where it is on.</summary>
    private static Task ShowAsync(HttpContext context, ServerOptions options, ProtocolSet protocols)
    {
        context.Response.Headers.Vary = "Accept";
        return options.ShowsPage() && PageDocuments.IsReader(context.Request)
            ? PageDocuments.ShowFirstAsync(context, options)
            : TypedResults.Json(
                IndexResponse.From(protocols, options.Http.Docs), OperationsJson.Readable.IndexResponse).ExecuteAsync(context);
    }

    private static InfoResponse Describe(GridGateway grid, ServerOptions options, ServerClock clock, DeviceInventory inventory)
    {
        string[] version = (typeof(InfoEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "").Split('+');
        NodeDescription? node = grid.Node?.Invoke();
        return new(version[0], version.ElementAtOrDefault(1), clock.Started,
            RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription,
            ModelDescriptions.Name(RuntimeInformation.ProcessArchitecture), HostMachine.Processor, Environment.ProcessorCount,
            HostMachine.InstructionSets,
            EightBitKernel.Fault is null ? EightBitKernel.Form.Name() : null,
            [.. grid.Devices.Select(device => device.Name)],
            [.. grid.Devices.Select(device => Describe(inventory.Describe(device), grid.Health(device.Name)))],
            ModelDescriptions.All(grid, clock),
            new(options.Http.MaxInputs, options.Http.MaxBodyBytes, options.Images.MaxFileBytes, options.Images.MaxPixels,
                options.Queue.MaxImages, options.Queue.MaxBytes, options.Queue.DefaultTimeoutMilliseconds),
            ModelDescriptions.Name(options.Role), node?.Name, node?.Cluster, node?.Segments)
        {
            MissingDevices = grid.Missing.Count > 0 ? grid.Missing : null,
        };
    }

    private static DeviceResponse Describe(DeviceFacts device, DeviceStatus status) => new(
        device.Spec.Name, device.Model, device.MemoryBytes, device.Spec.MemoryBytes, device.ComputeCapability?.ToString(), device.Threads,
        Math.Max(device.Speed, device.SixteenBitSpeed))
    {
        Provider = device.Provider,
        State = ModelDescriptions.Name(status.State),
        Reason = status.Illness?.Reason,
        Since = status.Illness?.Since,
        LastGoodProbe = status.LastGoodProbe,
    };
}

/// <summary>The answer of <c>GET /</c>.</summary>
internal sealed record IndexResponse(string Name, IReadOnlyList<string> Endpoints)
{
    public static IndexResponse From(ProtocolSet protocols, bool hasDocs) => new("vitgrid",
    [
        .. protocols.All.SelectMany(protocol => protocol.Paths),
        "GET /health/live", "GET /health/ready", "GET /metrics", "GET /info", "GET /openapi/v1.json",
        .. (ReadOnlySpan<string>)(hasDocs ? ["GET /docs"] : []),
    ]);
}

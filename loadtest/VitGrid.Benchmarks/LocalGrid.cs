using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Hosting;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;

namespace VitGrid.Benchmarks;

/// <summary>A grid in this process that serves one model.</summary>
internal static class LocalGrid
{
    /// <summary>The model's name.</summary>
    public const string ModelName = "model";

    /// <summary>
    /// Starts it and waits until the model serves: <paramref name="segments"/> segments, as many replicas as the devices hold, one segment
    /// a device.
    /// </summary>
    public static Task<IHost> StartAsync(
        string model, Precision precision, DeviceSpec[] devices, int segments, CancellationToken cancellationToken) => StartAsync(
            new()
            {
                Models = [new ModelOptions { Name = ModelName, Directory = model, Segments = segments, Precision = precision }],
                Devices = devices,
            },
            null,
            cancellationToken);

    /// <summary>
    /// Starts one with these options, whose only model has the name <see cref="ModelName"/>, and with what else is changed of it.
    /// </summary>
    public static async Task<IHost> StartAsync(
        GridOptions options, Action<HostApplicationBuilder>? change, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.AddVitGrid(options);
        change?.Invoke(builder);
        IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        while (host.Services.GetRequiredService<ModelCatalog>().Find(ModelName)?.State == ModelState.Loading)
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        return host;
    }
}

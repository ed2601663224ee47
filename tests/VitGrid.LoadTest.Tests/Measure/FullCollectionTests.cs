using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Tests.Measure;

/// <summary>What is alive in a process, this one, after all of its garbage was collected.</summary>
public sealed class FullCollectionTests
{
    [Fact]
    public async Task A_process_is_made_to_collect_over_its_diagnostic_port_and_tells_what_is_left()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication metrics = builder.Build();
        metrics.MapGet("/metrics", () => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            dotnet_gc_collections_total{gc_heap_generation="gen1"} 1000000
            dotnet_gc_collections_total{gc_heap_generation="gen2"} {{GC.CollectionCount(2)}}
            dotnet_gc_last_collection_heap_size_bytes{gc_heap_generation="gen2"} 40
            dotnet_gc_last_collection_heap_size_bytes{gc_heap_generation="loh"} 2
            dotnet_gc_last_collection_memory_committed_size_bytes 64
            """));
        await metrics.StartAsync();
        using Process self = Process.GetCurrentProcess();
        using HttpClient http = new();
        int before = GC.CollectionCount(2);
        Assert.Equal(new HeapBytes(42, 64), await FullCollection.RunAsync(self, http, new(metrics.Urls.First()), CancellationToken.None));
        Assert.True(GC.CollectionCount(2) > before);
    }
}

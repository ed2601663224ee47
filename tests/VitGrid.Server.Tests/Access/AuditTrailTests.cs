using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Access;

public sealed class AuditTrailTests
{
    [Fact]
    public async Task Administration_over_HTTP_is_written_down_with_who_what_and_from_where()
    {
        Assert.Equal(
            ["ops (key-7) did 'batches cancel' to 'batch_1' from 192.0.2.7"], await RunAsync(200, new AuditedAs("batches cancel")));
    }

    [Fact]
    public async Task What_was_refused_or_is_no_administration_is_not()
    {
        Assert.Empty(await RunAsync(404, new AuditedAs("batches cancel")));
        Assert.Empty(await RunAsync(200));
    }

    /// <summary>What is logged of a request to an endpoint with this metadata that is answered so.</summary>
    private static async Task<IEnumerable<string>> RunAsync(int status, params object[] metadata)
    {
        using LogList log = new();
        using LoggerFactory loggers = new([log]);
        AuditTrail trail = new(
            context =>
            {
                context.Response.StatusCode = status;
                return Task.CompletedTask;
            },
            new(null, TimeProvider.System, loggers));
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
        context.Request.RouteValues["id"] = "batch_1";
        context.SetEndpoint(new(null, new(metadata), "test"));
        context.Features.Set(new Caller("key-7") { Name = "ops" });
        await trail.InvokeAsync(context);
        return [.. log.Lines.Select(line => line.Message)];
    }
}

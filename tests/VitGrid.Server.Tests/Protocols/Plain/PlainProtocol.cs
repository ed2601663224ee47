using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Protocols.Plain;

/// <summary>
/// A protocol that shows the way to another: the model stands in the path, errors are one line of text, timing is a header of its own.
/// </summary>
internal sealed class PlainProtocol : Protocol
{
    public const string Vectors = "/plain/{model}/vectors";
    public const string Models = "/plain/models";
    public const string TimingHeader = "x-plain-ms";

    public override IReadOnlyList<string> Paths { get; } = [$"POST {Vectors}", $"GET {Models}"];

    public override bool Owns(PathString path) => path.StartsWithSegments("/plain", StringComparison.Ordinal);

    public override void AddServices(IServiceCollection services, ServerOptions options) => services.AddSingleton<PlainCodec>();

    public override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Vectors, (HttpContext context, EmbeddingHandler handler, PlainCodec codec) => handler.AnswerAsync(context, codec))
            .WithSummary("Vectors of images, as lines of numbers");
        routes.MapGet(Models, (GridGateway grid) => string.Join('\n', grid.Models().Select(model => model.Name)))
            .WithSummary("The models' names, a line each");
    }

    public override Task WriteErrorAsync(HttpContext context, ApiError error)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"{error.Code}: {error.Message}", context.RequestAborted);
    }

    public override void WriteTimings(IHeaderDictionary headers, EmbeddingTimings longest) => headers[TimingHeader] = string.Create(
        CultureInfo.InvariantCulture, $"queue {longest.Queue.TotalMilliseconds}, infer {longest.Infer.TotalMilliseconds}");
}

using Microsoft.AspNetCore.OpenApi;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Protocols;

/// <summary>
/// A protocol that clients speak over HTTP: its paths, its requests and answers, its errors and its timing headers. Everything else is
/// shared. Stateless; any thread may call.
/// </summary>
internal abstract class Protocol
{
    /// <summary>Its paths as <c>GET /</c> lists them, method first, e.g. <c>POST /v1/embeddings</c>.</summary>
    public abstract IReadOnlyList<string> Paths { get; }

    /// <summary>Maps its routes. All of them are timed, and refused in its shape.</summary>
    public abstract void Map(IEndpointRouteBuilder routes);

    /// <summary>Whether a path at which nothing is served lies in its part of the address space: the refusal has its shape.</summary>
    public abstract bool Owns(PathString path);

    /// <summary>Writes an error's body; the status and <c>Retry-After</c> are set, and may be set anew.</summary>
    public abstract Task WriteErrorAsync(HttpContext context, ApiError error);

    /// <summary>Writes the headers that say where a request's time went.</summary>
    /// <param name="headers">The headers of the answer.</param>
    /// <param name="longest">Each stage the longest any image spent in it, since images run side by side.</param>
    public abstract void WriteTimings(IHeaderDictionary headers, EmbeddingTimings longest);

    /// <summary>Registers services of its own. Default: none.</summary>
    public virtual void AddServices(IServiceCollection services, ServerOptions options)
    {
    }

    /// <summary>Adds to <c>/openapi/v1.json</c> what the signatures of its routes do not say. Default: nothing.</summary>
    public virtual void Describe(OpenApiOptions document)
    {
    }
}

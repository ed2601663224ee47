using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.Origins;

/// <summary>Refuses, before anything else looks at a request, other names of this server and what foreign pages send.</summary>
internal sealed class OriginGuard(
    RequestDelegate next, HostNames hosts, OriginRules origins, ErrorWriter writer, RequestMetrics metrics)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (Refusal(context.Request) is not { } refusal)
            return next(context);
        metrics.Refused(refusal);
        return writer.WriteAsync(context, refusal);
    }

    private ApiError? Refusal(HttpRequest request) => hosts.Contain(request.Host) ? origins.Refusal(request) : new(
        ApiCode.HostNotAllowed,
        $"the host '{Quote.Short(request.Host.Value)}' is no name of this server; use localhost or an IP address, or list the name in "
            + "VitGrid:Http:Hosts");
}

using VitGrid.Access.Audit;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>Writes down who did what, where an endpoint that is <see cref="AuditedAs"/> administration succeeded.</summary>
internal sealed class AuditTrail(RequestDelegate next, AuditLog audit)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        bool isRefused = context.Response.StatusCode >= StatusCodes.Status400BadRequest || context.Features.Get<ApiError>() is not null;
        if (context.GetEndpoint()?.Metadata.GetMetadata<AuditedAs>() is not { } audited || isRefused)
            return;
        Caller caller = context.Caller();
        string target = context.Request.RouteValues.Values.FirstOrDefault()?.ToString() ?? "";
        string who = caller.Tenant.Length == 0 ? caller.Name : $"{caller.Name} ({caller.Tenant})";
        await audit.WriteAsync(new(who, audited.Deed, target, context.Connection.RemoteIpAddress?.ToString() ?? "?"));
    }
}

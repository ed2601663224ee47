using VitGrid.Access.Audit;

namespace VitGrid.Server.Api.Access;

/// <summary>Writes down who did what, where an endpoint that is <see cref="AuditedAs"/> administration succeeded.</summary>
internal sealed class AuditTrail(RequestDelegate next, AuditLog audit)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (context.GetEndpoint()?.Metadata.GetMetadata<AuditedAs>() is not { } audited || context.Response.StatusCode >= 400)
            return;
        Caller caller = context.Caller();
        string target = context.Request.RouteValues.Values.FirstOrDefault()?.ToString() ?? "";
        string who = caller.Tenant.Length == 0 ? caller.Name : $"{caller.Name} ({caller.Tenant})";
        await audit.WriteAsync(new(who, audited.Deed, target, context.Connection.RemoteIpAddress?.ToString() ?? "?"));
    }
}

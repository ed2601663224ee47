using Microsoft.AspNetCore.Cors.Infrastructure;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Origins;

/// <summary>Lets pages of the origins in <c>Http:Origins</c> read answers (CORS), and answers what their browsers ask first.</summary>
internal static class CrossOrigin
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private static readonly string[] Exposed =
    [
        "x-request-id", "Server-Timing", "x-vitgrid-cache", "x-vitgrid-hint", "Retry-After",
        "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
    ];

    /// <summary>Registers the policy; no origin listed registers nothing.</summary>
    public static IServiceCollection AddCrossOrigin(this IServiceCollection services, HttpOptions http) => http.Origins.Count == 0
        ? services : services.AddCors(cors => cors.AddDefaultPolicy(policy => Allow(policy, http.Origins)));

    /// <summary>Puts the policy into effect; to stand behind <see cref="OriginGuard"/>, which refuses every other origin.</summary>
    public static void UseCrossOrigin(this WebApplication app)
    {
        if (app.Services.GetRequiredService<HttpOptions>().Origins.Count > 0)
            app.UseCors();
    }

    private static void Allow(CorsPolicyBuilder policy, IReadOnlyList<string> origins) => policy
        .WithOrigins([.. origins])
        .WithMethods("GET", "HEAD", "POST", "DELETE")
        .AllowAnyHeader()
        .WithExposedHeaders(Exposed)
        .SetPreflightMaxAge(Remembered);
}

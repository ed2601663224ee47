using VitGrid.Access.Audit;
using VitGrid.Access.Connections;
using VitGrid.Access.Keys;
using VitGrid.Access.Metering;
using VitGrid.Access.Options;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting.Access;

/// <summary>Puts the guard before the endpoints where keys are needed.</summary>
internal static class AccessSetup
{
    /// <summary>Registers keys, limits and audit.</summary>
    /// <exception cref="OptionsException">Keys are needed and there can be none, or Redis' address is malformed.</exception>
    public static IServiceCollection AddAccess(this IServiceCollection services, ServerOptions options, AccessDecision decision)
    {
        AuthOptions auth = options.Auth;
        AccessRedis? redis = Connect(auth);
        services
            .AddSingleton(auth)
            .AddSingleton(decision)
            .AddSingleton(provider => new AuditLog(
                redis, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        if (redis is not null)
            services.AddSingleton(_ => redis);
        return decision.IsRequired ? services.AddKeys(auth, redis, options.RateLimits, decision) : services;
    }

    /// <summary>Adds the guard, where keys are needed, and the audit.</summary>
    public static void UseAccess(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessDecision>().IsRequired)
            app.UseMiddleware<AccessGuard>();
        app.UseMiddleware<AuditTrail>();
    }

    private static IServiceCollection AddKeys(
        this IServiceCollection services, AuthOptions auth, AccessRedis? redis, KeyLimits defaults, AccessDecision decision)
    {
        IKeyStore store = KeyStores.From(auth, redis);
        if (store is KeyFile { Exists: false } && auth.Jwt is null)
            throw new OptionsException([NoKeys(store, decision)]);
        services
            .AddSingleton(store)
            .AddSingleton<KeyWatch>()
            .AddHostedService(provider => provider.GetRequiredService<KeyWatch>())
            .AddSingleton<FailureTable>()
            .AddSingleton<LocalCounters>()
            .AddSingleton(provider => new Limiter(
                provider.GetRequiredService<LocalCounters>(), redis is null ? null : new SharedCounters(redis),
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Limiter>>()))
            .AddSingleton(provider => new RequestLimits(provider.GetRequiredService<Limiter>(), provider.GetService<UsageMeter>()))
            .AddSingleton(provider => new CallerFinder(
                provider.GetRequiredService<KeyWatch>(), provider.GetService<TokenValidator>(), defaults));
        if (redis is not null)
            services.AddSingleton<UsageMeter>().AddHostedService(provider => provider.GetRequiredService<UsageMeter>());
        if (auth.Jwt is { } jwt)
            services.AddSingleton(provider => new TokenValidator(jwt, provider.GetRequiredService<ILogger<TokenValidator>>()));
        return services;
    }

    private static AccessRedis? Connect(AuthOptions auth)
    {
        try
        {
            return auth.Redis is null ? null : new(auth.Redis, auth.RedisLogin, auth.KeyPrefix);
        }
        catch (FormatException exception)
        {
            throw new OptionsException([$"VitGrid:Auth:Redis {exception.Message}"]);
        }
    }

    private static string NoKeys(IKeyStore store, AccessDecision decision)
    {
        string why = decision.Exposed is { } url
            ? $"VitGrid:Http:Urls listens at {url}, beyond loopback"
            : "VitGrid:Auth:Mode is required";
        return $"{why}, so that requests need an API key, and there is none: no file '{store.Place}'. Make the first one with "
            + "'vitgrid keys create NAME', name another file (VitGrid:Auth:KeyFile), Redis (VitGrid:Auth:Redis) or issuer "
            + "(VitGrid:Auth:Jwt), or let everybody in with VitGrid:Auth:Mode=off";
    }
}

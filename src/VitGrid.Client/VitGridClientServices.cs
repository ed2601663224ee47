using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace VitGrid.Client;

/// <summary>
/// Registers clients: a <see cref="VitGridClient"/>, and for Microsoft.Extensions.AI an embedding generator of images and one of texts, all
/// singletons. Each has an <see cref="HttpClient"/> of its own, whose retries wait as the server says; retries that a program adds to all
/// its clients are taken out of it, since they would give up, or repeat, what the server is still computing.
/// </summary>
public static class VitGridClientServices
{
    /// <summary>Registers the program's client.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="configure">Says where the server is; null: options are configured elsewhere.</param>
    /// <returns>The builder of its <see cref="HttpClient"/>.</returns>
    public static IHttpClientBuilder AddVitGridClient(
        this IServiceCollection services, Action<VitGridClientOptions>? configure = null) =>
        Add(services, null, configure);

    /// <summary>Registers a client under a key, beside others.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="name">The key, and the name of the client's options.</param>
    /// <param name="configure">Says where the server is; null: options are configured elsewhere.</param>
    /// <returns>The builder of its <see cref="HttpClient"/>.</returns>
    public static IHttpClientBuilder AddKeyedVitGridClient(
        this IServiceCollection services, string name, Action<VitGridClientOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(services, name, configure);
    }

    /// <summary>
    /// Registers the program's client with what its configuration says, the later winning: section
    /// <see cref="VitGridClientOptions.Section"/>, its section of that name, the connection string of that name.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <param name="connectionName">Name of the connection string, e.g. that of the resource in an Aspire app host.</param>
    /// <param name="configure">Changes what the configuration says.</param>
    /// <returns>The builder of its <see cref="HttpClient"/>.</returns>
    /// <exception cref="FormatException">The connection string cannot be read.</exception>
    public static IHttpClientBuilder AddVitGridClient(
        this IHostApplicationBuilder builder, string connectionName, Action<VitGridClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        return Add(builder.Services, null, Configured(builder.Configuration, connectionName) + configure);
    }

    /// <summary>As <see cref="AddVitGridClient(IHostApplicationBuilder, string, Action{VitGridClientOptions})"/>, under a key.</summary>
    /// <param name="builder">The program.</param>
    /// <param name="name">The key, the name of the client's options and of the connection string.</param>
    /// <param name="configure">Changes what the configuration says.</param>
    /// <returns>The builder of its <see cref="HttpClient"/>.</returns>
    /// <exception cref="FormatException">The connection string cannot be read.</exception>
    public static IHttpClientBuilder AddKeyedVitGridClient(
        this IHostApplicationBuilder builder, string name, Action<VitGridClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(builder.Services, name, Configured(builder.Configuration, name) + configure);
    }

    private static Action<VitGridClientOptions> Configured(IConfiguration configuration, string name) => options =>
    {
        IConfigurationSection section = configuration.GetSection(VitGridClientOptions.Section);
        section.Bind(options);
        section.GetSection(name).Bind(options);
        if (configuration.GetConnectionString(name) is { } connection)
            options.Connect(connection);
    };

    private static IHttpClientBuilder Add(IServiceCollection services, string? key, Action<VitGridClientOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        string name = key ?? Options.DefaultName;
        services.TryAddSingleton(TimeProvider.System);
        OptionsBuilder<VitGridClientOptions> options = services.AddOptions<VitGridClientOptions>(name);
        if (configure is not null)
            options.Configure(configure);
        options.ValidateOnStart();
        services.AddSingleton<IValidateOptions<VitGridClientOptions>>(new VitGridClientOptionsValidator(name));
        AddSingleton(services, key, provider => Client(provider, name));
        AddSingleton(services, key, provider => ClientOf(provider, key).AsImageEmbeddingGenerator());
        AddSingleton(services, key, provider => ClientOf(provider, key).AsTextEmbeddingGenerator());
        return services.AddHttpClient(HttpName(name))
            .ConfigureHttpClient((provider, http) => OptionsOf(provider, name).Apply(http))
            .UseSocketsHttpHandler((connections, _) => connections.PooledConnectionLifetime = VitGridClientOptions.ConnectionLifetime)
            // The client keeps its handlers as long as it lives; connections are renewed beneath them.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => RemoveResilience(handlers))
            .AddHttpMessageHandler(
                provider => new RetryHandler(OptionsOf(provider, name), provider.GetRequiredService<TimeProvider>()));
    }

    private static VitGridClient Client(IServiceProvider provider, string name)
    {
        VitGridClientOptions options = OptionsOf(provider, name);
        HttpClient http = provider.GetRequiredService<IHttpClientFactory>().CreateClient(HttpName(name));
        return new(http) { ApiKey = options.ApiKey, Model = options.Model };
    }

    private static VitGridClient ClientOf(IServiceProvider provider, string? key) =>
        key is null ? provider.GetRequiredService<VitGridClient>() : provider.GetRequiredKeyedService<VitGridClient>(key);

    private static void AddSingleton<T>(IServiceCollection services, string? key, Func<IServiceProvider, T> make)
        where T : class
    {
        if (key is null)
            services.AddSingleton(make);
        else
            services.AddKeyedSingleton(key, (provider, _) => make(provider));
    }

    private static VitGridClientOptions OptionsOf(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<VitGridClientOptions>>().Get(name);

    private static string HttpName(string name) => name.Length == 0 ? nameof(VitGridClient) : $"{nameof(VitGridClient)}-{name}";

    /// <summary>By name: what adds them is a package that this one does without.</summary>
    private static void RemoveResilience(IList<DelegatingHandler> handlers)
    {
        for (int i = handlers.Count - 1; i >= 0; i--)
        {
            if (handlers[i].GetType().FullName == "Microsoft.Extensions.Http.Resilience.ResilienceHandler")
                handlers.RemoveAt(i);
        }
    }
}

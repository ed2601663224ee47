using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace VitGrid.Client.Tests;

/// <summary>Clients in a program's host.</summary>
public sealed class RegistrationTests
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["VitGridClient:Timeout"] = "00:00:50",
        ["VitGridClient:ApiKey"] = "of-all",
        ["VitGridClient:embeddings:MaxRetries"] = "5",
        ["ConnectionStrings:embeddings"] = "Endpoint=http://127.0.0.1:1/base; Key = k=1 ;Model=nano",
    };

    [Fact]
    public void Options_come_from_section_named_section_connection_string_and_code_in_this_order()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.AddVitGridClient("embeddings", options => options.MaxRetryDelay = TimeSpan.FromSeconds(3));
        using IHost host = builder.Build();
        VitGridClientOptions options = host.Services.GetRequiredService<IOptions<VitGridClientOptions>>().Value;
        Assert.Equal(
            ("http://127.0.0.1:1/base", "k=1", "nano", 5, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(3)),
            (options.Endpoint!.OriginalString, options.ApiKey, options.Model, options.MaxRetries, options.Timeout, options.MaxRetryDelay));
        VitGridClient client = host.Services.GetRequiredService<VitGridClient>();
        Assert.Equal(("http://127.0.0.1:1/base/", "k=1", "nano"), (client.Endpoint!.AbsoluteUri, client.ApiKey, client.Model));
        IEmbeddingGenerator images = host.Services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        IEmbeddingGenerator texts = host.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        Assert.Same(client, images.GetService(typeof(VitGridClient)));
        Assert.Same(client, texts.GetService(typeof(VitGridClient)));
    }

    [Fact]
    public async Task Keyed_clients_each_have_their_own_server_and_key()
    {
        await using StubServer first = await StubServer.StartAsync(Answer.With(0)), second = await StubServer.StartAsync(Answer.With(0));
        ServiceCollection services = new();
        services.AddKeyedVitGridClient("first", options => (options.Endpoint, options.ApiKey) = (first.Http.BaseAddress, "one"));
        services.AddKeyedVitGridClient("second", options => (options.Endpoint, options.ApiKey) = (second.Http.BaseAddress, "two"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.GetRequiredKeyedService<VitGridClient>("first").EmbedImageAsync(new byte[] { 1 });
        await provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("second").GenerateAsync(["a"]);
        Assert.Equal(("POST /v1/embeddings?encoding_format=base64&embedding_type=float&on_error=fail", "Bearer one"),
            (first.Single().Line, first.Single().Authorization));
        Assert.Equal(("POST /v1/embeddings", "Bearer two"), (second.Single().Line, second.Single().Authorization));
        Assert.Null(provider.GetService<VitGridClient>());
    }

    [Fact]
    public async Task The_host_does_not_start_with_wrong_options_and_tells_all_faults()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddVitGridClient(options =>
        {
            options.Endpoint = new("ftp://example.org");
            (options.Timeout, options.MaxRetries, options.MaxRetryDelay) = (TimeSpan.Zero, 21, TimeSpan.FromDays(2));
        });
        using IHost host = builder.Build();
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(
            [
                "VitGridClient: Endpoint is 'ftp://example.org/'; give an absolute URL of http or https, such as http://127.0.0.1:8080",
                "VitGridClient: Timeout is 00:00:00; give above 0, at most 24 h",
                "VitGridClient: MaxRetries is 21; give 0 to 20",
                "VitGridClient: MaxRetryDelay is 2.00:00:00; give above 0, at most 24 h",
            ],
            refused.Failures);
        Assert.Throws<ArgumentException>(() => new VitGridClient(new VitGridClientOptions()));
        Assert.Throws<ArgumentException>(() => new VitGridClient("8080"));
    }

    [Theory]
    [InlineData("Endpoint=http://a;Key", "'Key' of the connection string has no value")]
    [InlineData("Endpoint=here", "names 'here' as address")]
    [InlineData("Endpoint=http://a;Password=1", "'Password' in the connection string is not known")]
    public void A_connection_string_that_cannot_be_read_is_told(string connection, string told)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:a", connection)]);
        builder.AddVitGridClient("a");
        using IHost host = builder.Build();
        FormatException refused = Assert.Throws<FormatException>(() => host.Services.GetRequiredService<VitGridClient>());
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Service defaults of .NET Aspire put retries on every client; they repeat a POST whose answer is a fault.</summary>
    [Fact]
    public async Task Retries_that_a_program_adds_to_all_its_clients_do_not_reach_this_one()
    {
        await using StubServer server = await StubServer.StartAsync("{}", 500);
        ServiceCollection services = new();
        services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler(
            resilience => resilience.Retry.Delay = TimeSpan.FromMilliseconds(1)));
        services.AddHttpClient("other");
        services.AddVitGridClient(options => options.Endpoint = server.Http.BaseAddress);
        await using ServiceProvider provider = services.BuildServiceProvider();
        using HttpClient other = provider.GetRequiredService<IHttpClientFactory>().CreateClient("other");
        using HttpResponseMessage answer = await other.GetAsync(server.Http.BaseAddress);
        int before = server.Requests.Count;
        Assert.True(before > 1, "the handler that is to be kept out did not repeat anything");
        await Assert.ThrowsAsync<VitGridException>(() => provider.GetRequiredService<VitGridClient>().ModelsAsync());
        Assert.Equal(before + 1, server.Requests.Count);
    }

    [Fact]
    public async Task The_clock_of_the_program_times_the_waits_of_its_client()
    {
        int asked = 0;
        await using StubServer server = await StubServer.StartAsync(context =>
        {
            context.Response.StatusCode = asked++ == 0 ? 503 : 200;
            context.Response.Headers.RetryAfter = "9";
            return context.Response.WriteAsync(Answers.Models);
        });
        HurriedTime time = new();
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(time);
        services.AddVitGridClient(options => options.Endpoint = server.Http.BaseAddress);
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.GetRequiredService<VitGridClient>().ModelsAsync();
        Assert.Equal([TimeSpan.FromSeconds(9)], time.Waits);
    }
}

#:project ../../src/VitGrid.Client/VitGrid.Client.csproj
#:package Microsoft.Extensions.AI
#:package Microsoft.Extensions.Hosting
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
// What docs/dotnet.md shows, as a program: a host whose services find a client, a traced generator, texts, and a folder in bounded memory.
using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VitGrid.Client;

HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:embeddings", "Endpoint=http://127.0.0.1:8080;Model=clip-nano")]);
builder.AddVitGridClient("embeddings");
builder.Services
    .AddEmbeddingGenerator(services => services.GetRequiredService<VitGridClient>().AsImageEmbeddingGenerator())
    .UseOpenTelemetry();
using IHost host = builder.Build();

var images = host.Services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
var texts = host.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
DataContent drawing = await ImageContent.FromUriAsync(new(Path.GetFullPath("src/VitGrid.Server/models/clip-nano/demo/own-5.png")));
ReadOnlyMemory<float> image = await images.GenerateVectorAsync(drawing), text = await texts.GenerateVectorAsync("a black cat");
float cosine = image.ToArray().Zip(text.ToArray(), (x, y) => x * y).Sum();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a black cat: {cosine:F4}"));

VitGridClient client = host.Services.GetRequiredService<VitGridClient>();
IAsyncEnumerable<string> files = Directory.EnumerateFiles("docs/images", "*.*").Order(StringComparer.Ordinal).ToAsyncEnumerable();
await foreach (EmbedResult<string> result in client.EmbedManyAsync(
    files, async (file, token) => EmbeddingInput.FromImage(await File.ReadAllBytesAsync(file, token)), new() { BatchSize = 8 }))
    Console.WriteLine($"{result.Item}: {result.Error?.Code ?? $"{result.Vector!.Length} numbers"}");

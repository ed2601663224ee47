#:sdk Microsoft.NET.Sdk.Web
#:project ../../src/VitGrid.Hosting/VitGrid.Hosting.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
#:property EnableDefaultRunWorkingDirectory=false
// What docs/dotnet.md shows, as a program: a web application with the whole grid inside, which asks itself once and ends.
using System.Globalization;
using Microsoft.Extensions.AI;
using VitGrid.Client;
using VitGrid.Hosting;
using VitGrid.Server.InProcess;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.AddVitGrid("internvit-nano");
await using WebApplication app = builder.Build();
app.MapGet("/hello", () => "a program of one's own");
app.MapVitGrid("/embeddings");
await app.StartAsync();
await app.Services.GetRequiredService<HostedGrid>().WhenLoadedAsync();

var inside = app.Services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
DataContent house = await ImageContent.FromUriAsync(new(Path.GetFullPath("docs/images/house.png")));
ReadOnlyMemory<float> vector = await inside.GenerateVectorAsync(house);
using VitGridClient outside = new($"{app.Urls.Single()}/embeddings");
float[] served = await outside.EmbedFileAsync("docs/images/house.png");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{vector.Span[0]:F4} {vector.Span[1]:F4}, {(vector.Span.SequenceEqual(served) ? "equal" : "not equal")} over HTTP"));
await app.StopAsync();

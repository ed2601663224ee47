using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace VitGrid.Testing;

/// <summary>A request that a <see cref="PlayedHub"/> was asked.</summary>
internal sealed record HubRequest(string Host, string Path, string? Authorization, string? Range);

/// <summary>A file that a <see cref="PlayedHub"/> has.</summary>
internal sealed record PlayedFile(string Path, byte[] Bytes, bool IsLarge)
{
    public string GitHash { get; } =
        Convert.ToHexStringLower(CryptographicOperations.HashData(
            HashAlgorithmName.SHA1, [.. Encoding.ASCII.GetBytes($"blob {Bytes.Length}\0"), .. Bytes]));

    public string Hash => IsLarge ? Convert.ToHexStringLower(SHA256.HashData(Bytes)) : GitHash;
}

/// <summary>
/// A hub on loopback: Kestrel, the routes of the real one, large files behind a redirect to another port as its storage does it, ranges.
/// </summary>
internal sealed class PlayedHub : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly WebApplication _app;
    private readonly Dictionary<string, PlayedFile[]> _repositories = [];
    private string[] _addresses = [];

    private PlayedHub()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0", "http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Where the hub is.</summary>
    public Uri Endpoint => new(_addresses[0]);

    /// <summary>Where its large files lie.</summary>
    public Uri Storage => new(_addresses[1]);

    public ConcurrentQueue<HubRequest> Requests { get; } = [];

    /// <summary>Files a page of the list has.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>Answers first; true: nothing else does.</summary>
    public Func<HttpContext, Task<bool>> Before { get; set; } = _ => Task.FromResult(false);

    public static async Task<PlayedHub> StartAsync()
    {
        PlayedHub hub = new();
        await hub._app.StartAsync();
        hub._addresses = [.. hub._app.Urls];
        return hub;
    }

    public PlayedHub With(string repository, params PlayedFile[] files)
    {
        _repositories[repository] = files;
        return this;
    }

    /// <summary>How often the bytes of a file were asked for, at the hub.</summary>
    public int AskedFor(string path) => Requests.Count(request => request.Path.EndsWith($"/{path}", StringComparison.Ordinal)
        && request.Path.Contains("/resolve/", StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Answers with some of a file, and then cuts the connection.</summary>
    public static async Task CutAsync(HttpContext context, PlayedFile file, int from, int bytes)
    {
        context.Response.StatusCode = from > 0 ? 206 : 200;
        context.Response.ContentLength = file.Bytes.Length - from;
        if (from > 0)
            context.Response.Headers.ContentRange = $"bytes {from}-{file.Bytes.Length - 1}/{file.Bytes.Length}";
        await context.Response.Body.WriteAsync(file.Bytes.AsMemory(from, bytes));
        await context.Response.Body.FlushAsync();
        context.Features.Get<IHttpRequestLifetimeFeature>()!.Abort();
    }

    public static int FromOf(HttpContext context) =>
        context.Request.GetTypedHeaders().Range?.Ranges.Single().From is { } from ? (int)from : 0;

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        Requests.Enqueue(new(
            context.Request.Host.Value!, path, context.Request.Headers.Authorization.FirstOrDefault(),
            context.Request.Headers.Range.FirstOrDefault()));
        if (await Before(context))
            return;
        foreach ((string repository, PlayedFile[] files) in _repositories)
        {
            if (path.StartsWith($"/api/models/{repository}/revision/", StringComparison.Ordinal))
                await context.Response.WriteAsJsonAsync(new { id = repository, sha = Commit });
            else if (path == $"/api/models/{repository}/tree/{Commit}")
                await ListAsync(context, files);
            else if (path.StartsWith($"/{repository}/resolve/{Commit}/", StringComparison.Ordinal))
                await ResolveAsync(context, files, path[$"/{repository}/resolve/{Commit}/".Length..]);
            else if (path.StartsWith("/storage/", StringComparison.Ordinal))
                await SendAsync(context, files.FirstOrDefault(file => file.Hash == path["/storage/".Length..]));
            if (context.Response.HasStarted || context.Response.StatusCode != 200 || context.Response.ContentLength == 0)
                return;
        }
        context.Response.StatusCode = 404;
        context.Response.Headers["X-Error-Code"] = "RepoNotFound";
    }

    private Task ListAsync(HttpContext context, PlayedFile[] files)
    {
        int start = int.TryParse(context.Request.Query["cursor"], out int cursor) ? cursor : 0;
        if (start + PageSize < files.Length)
            context.Response.Headers.Link =
                $"<{Endpoint.ToString().TrimEnd('/')}{context.Request.Path}?recursive=true&cursor={start + PageSize}>; rel=\"next\"";
        return context.Response.WriteAsJsonAsync(files.Skip(start).Take(PageSize).Select(file => file.IsLarge
            ? (object)new
            {
                type = "file", path = file.Path, oid = file.GitHash, size = file.Bytes.Length,
                lfs = new { oid = file.Hash, size = file.Bytes.Length, pointerSize = 135 },
            }
            : new { type = "file", path = file.Path, oid = file.GitHash, size = file.Bytes.Length }));
    }

    private Task ResolveAsync(HttpContext context, PlayedFile[] files, string path)
    {
        PlayedFile? file = files.FirstOrDefault(file => file.Path == path);
        if (file is not { IsLarge: true })
            return SendAsync(context, file);
        context.Response.Redirect(new Uri(Storage, $"/storage/{file.Hash}").ToString());
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    public static async Task SendAsync(HttpContext context, PlayedFile? file)
    {
        if (file is null)
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = "EntryNotFound";
            return;
        }
        await Results.Bytes(file.Bytes, "application/octet-stream", enableRangeProcessing: true).ExecuteAsync(context);
    }
}

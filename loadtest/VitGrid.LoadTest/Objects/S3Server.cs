using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace VitGrid.LoadTest.Objects;

/// <summary>
/// A small server of S3's protocol over real HTTP: a folder is a bucket, a file an object. It lists by prefix in pages, reads ranges, keeps
/// to <c>If-Match</c>, takes objects (<see cref="S3Writes"/>), and asks for a signature with a known key but of buckets whose names begin
/// with <c>public</c>. Requests go wrong as a test says.
/// </summary>
internal sealed class S3Server : IAsyncDisposable
{
    /// <summary>The key that it knows. The signature is not looked at.</summary>
    public const string AccessKey = "AKIAVITGRIDTEST";

    private readonly WebApplication _app;
    private readonly string _root;
    private int _requests;

    private S3Server(WebApplication app, string root) =>
        (_app, _root, Writes) = (app, root, new(Path.Combine(root, ".incoming")));

    /// <summary>Where it answers.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>Requests so far.</summary>
    public int Requests => _requests;

    /// <summary>What is being written.</summary>
    public S3Writes Writes { get; }

    /// <summary>Most objects of a page of a list.</summary>
    public int PageSize { get; set; } = 1_000;

    /// <summary>An answer that is cut in its middle, see <see cref="Fault"/>; of what is written nothing has come.</summary>
    public const int Cut = -1;

    /// <summary>An answer that stands still in its middle.</summary>
    public const int Stall = -2;

    /// <summary>What is written is there, and the answer is lost.</summary>
    public const int Lost = -3;

    /// <summary>An answer with status 200 and an error in its body, as of large uploads that fail at their end; nothing is done.</summary>
    public const int FailedWithSuccess = -4;

    /// <summary>What goes wrong with a request: a status, one of the names above, 0 for nothing.</summary>
    public Func<HttpRequest, int> Fault { get; set; } = _ => 0;

    /// <summary>Where an answer with status 307 sends.</summary>
    public Uri? Elsewhere { get; set; }

    /// <summary>Starts it.</summary>
    /// <param name="root">The folder of the buckets.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    public static async Task<S3Server> StartAsync(string root, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        S3Server server = new(builder.Build(), root);
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Arguments with which <c>vitgrid</c> reads a bucket of it without credentials.</summary>
    public string[] Settings(string bucket) => Settings(Address, bucket);

    /// <summary>The same of one at <paramref name="address"/>.</summary>
    public static string[] Settings(Uri address, string bucket) =>
    [
        $"--VitGrid:Indexing:S3:Endpoint={address}", "--VitGrid:Indexing:S3:Anonymous=true", $"--VitGrid:Indexing:S3:Buckets={bucket}",
    ];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _requests);
        string path = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        string[] parts = Uri.UnescapeDataString(path[1..]).Split('/', 2);
        (string bucket, string key) = (parts[0], parts.Length > 1 ? parts[1] : "");
        int fault = Fault(http.Request);
        string authorization = http.Request.Headers.Authorization.ToString();
        if (fault == 307)
            http.Response.Headers.Location = $"{Elsewhere}{http.Request.Path.Value![1..]}";
        if (fault > 0)
            return ErrorAsync(http, fault, fault == 503 ? "SlowDown" : "Fault");
        if (!bucket.StartsWith("public", StringComparison.Ordinal)
            && !authorization.Contains($"Credential={AccessKey}/", StringComparison.Ordinal))
            return ErrorAsync(http, 403, "AccessDenied");
        string folder = Path.Combine(_root, bucket), file = Path.GetFullPath(Path.Combine(folder, key));
        if (bucket.Length == 0 || !Directory.Exists(folder) || !file.StartsWith(folder, StringComparison.Ordinal))
            return ErrorAsync(http, 404, "NoSuchBucket");
        if (http.Request.Method is not ("GET" or "HEAD") || http.Request.Query.ContainsKey("uploads"))
            return WriteAsync(http, bucket, key, file, fault);
        return http.Request.Method switch
        {
            "GET" when key.Length == 0 => ListAsync(http, bucket, folder),
            "GET" or "HEAD" => File.Exists(file) ? ReadAsync(http, file, fault) : ErrorAsync(http, 404, "NoSuchKey"),
            _ => ErrorAsync(http, 405, "MethodNotAllowed"),
        };
    }

    private async Task ListAsync(HttpContext http, string bucket, string folder)
    {
        (string prefix, string after) = (http.Request.Query["prefix"].ToString(), http.Request.Query["continuation-token"].ToString());
        string[] keys =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file))
                .Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(key, after) > 0)
                .Order(StringComparer.Ordinal).Take(PageSize + 1),
        ];
        XNamespace s3 = "http://s3.amazonaws.com/doc/2006-03-01/";
        XElement answer = new(
            s3 + "ListBucketResult", new XElement(s3 + "Name", bucket), new XElement(s3 + "Prefix", prefix),
            new XElement(s3 + "KeyCount", Math.Min(keys.Length, PageSize)), new XElement(s3 + "IsTruncated", keys.Length > PageSize),
            keys.Length > PageSize ? new XElement(s3 + "NextContinuationToken", keys[PageSize - 1]) : null,
            keys.Take(PageSize).Select(key => new XElement(
                s3 + "Contents", new XElement(s3 + "Key", key), new XElement(s3 + "ETag", TagOf(Path.Combine(folder, key))),
                new XElement(s3 + "Size", new FileInfo(Path.Combine(folder, key)).Length),
                new XElement(s3 + "LastModified", "2026-01-01T00:00:00.000Z"), new XElement(s3 + "StorageClass", "STANDARD"))));
        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync(answer.ToString(SaveOptions.DisableFormatting));
    }

    private static async Task ReadAsync(HttpContext http, string file, int fault)
    {
        string tag = TagOf(file);
        if (http.Request.Headers.IfMatch.ToString() is { Length: > 0 } wanted && wanted != tag)
        {
            await ErrorAsync(http, 412, "PreconditionFailed");
            return;
        }
        long all = new FileInfo(file).Length, first = 0, last = all - 1;
        if (http.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            long[] ends = [.. range["bytes=".Length..].Split('-').Select(end => long.Parse(end, CultureInfo.InvariantCulture))];
            (first, last) = (ends[0], Math.Min(ends[1], all - 1));
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{all}");
        }
        (http.Response.Headers.ETag, http.Response.Headers.AcceptRanges) = (tag, "bytes");
        http.Response.Headers.LastModified = "Thu, 01 Jan 2026 00:00:00 GMT";
        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = last - first + 1;
        if (http.Request.Method == "HEAD")
            return;
        if (fault == 0)
            await http.Response.SendFileAsync(file, first, last - first + 1);
        else
            await BreakAsync(http, file, first, (last - first + 1) / 2, fault);
    }

    private static async Task BreakAsync(HttpContext http, string file, long first, long count, int fault)
    {
        await http.Response.SendFileAsync(file, first, count);
        await http.Response.Body.FlushAsync();
        if (fault == Stall)
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        http.Abort();
    }

    private async Task WriteAsync(HttpContext http, string bucket, string key, string file, int fault)
    {
        if (fault is Cut or Stall)
        {
            http.Abort();
            return;
        }
        if (fault == FailedWithSuccess)
        {
            await ErrorAsync(http, 200, "InternalError");
            return;
        }
        if (fault == Lost)
            http.Response.Body = Stream.Null;
        (int status, string code) = await (Writes.Answer(http, bucket, key, file) ?? Task.FromResult((405, "MethodNotAllowed")));
        if (fault == Lost)
            http.Abort();
        else if (status >= 400)
            await ErrorAsync(http, status, code);
        else if (status != 200)
            http.Response.StatusCode = status;
    }

    private static async Task ErrorAsync(HttpContext http, int status, string code)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/xml";
        if (http.Request.Method != "HEAD")
        {
            // Stores repeat what was sent to them.
            string sent = System.Security.SecurityElement.Escape(http.Request.Headers.Authorization.ToString());
            await http.Response.WriteAsync(
                $"<Error><Code>{code}</Code><Message>refused: {sent}</Message><StringToSign>{sent}</StringToSign></Error>");
        }
    }

    /// <summary>The ETag of an object.</summary>
    internal static string TagOf(string file)
    {
        FileInfo facts = new(file);
        string version = string.Create(CultureInfo.InvariantCulture, $"{facts.Length} {facts.LastWriteTimeUtc.Ticks}");
        return $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version)).AsSpan(0, 16))}\"";
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace VitGrid.LoadTest.Objects;

/// <summary>
/// What a bucket of the small server takes: objects by one request, <c>If-None-Match: *</c> included, uploads in parts, and removals. As
/// older stores do, it knows no checksums in trailers; the checksum that a request is signed with is compared.
/// </summary>
/// <param name="incoming">Where files lie until they are whole.</param>
internal sealed class S3Writes(string incoming)
{
    private static readonly XNamespace S3 = "http://s3.amazonaws.com/doc/2006-03-01/";

    private readonly ConcurrentDictionary<string, OpenUpload> _uploads = new();
    private readonly Lock _placing = new();
    private int _numbers;

    /// <summary>Keys of the uploads that are open, by bucket.</summary>
    public IEnumerable<string> Open => _uploads.Values.Select(upload => $"{upload.Bucket}/{upload.Key}");

    /// <summary>Forgets uploads that are open, as a rule of a bucket does after some days.</summary>
    public void Expire() => _uploads.Clear();

    /// <summary>Answers a request that writes; null: it is none.</summary>
    /// <param name="http">The request.</param>
    /// <param name="bucket">Its bucket.</param>
    /// <param name="key">Its key.</param>
    /// <param name="file">The object's file.</param>
    public Task<(int Status, string Code)>? Answer(HttpContext http, string bucket, string key, string file)
    {
        IQueryCollection query = http.Request.Query;
        string upload = query["uploadId"].ToString();
        return (http.Request.Method, upload.Length > 0) switch
        {
            ("PUT", true) => TakePartAsync(http, upload, int.Parse(query["partNumber"].ToString(), CultureInfo.InvariantCulture)),
            ("PUT", false) => PutAsync(http, file),
            ("POST", true) => CompleteAsync(http, upload, file),
            ("POST", false) when query.ContainsKey("uploads") => BeginAsync(http, bucket, key),
            ("DELETE", true) => Task.FromResult(_uploads.TryRemove(upload, out _) ? (204, "") : (404, "NoSuchUpload")),
            ("DELETE", false) => Task.FromResult(Delete(file)),
            ("GET", false) when key.Length == 0 && query.ContainsKey("uploads") => ListAsync(http, bucket),
            _ => null,
        };
    }

    private async Task<(int, string)> PutAsync(HttpContext http, string file)
    {
        if (await ReadAsync(http) is not { } bytes)
            return (400, "XAmzContentSHA256Mismatch");
        bool isNew = http.Request.Headers.IfNoneMatch.ToString() == "*";
        if (!Place(file, bytes, isNew))
            return (412, "PreconditionFailed");
        http.Response.Headers.ETag = S3Server.TagOf(file);
        return (200, "");
    }

    private async Task<(int, string)> BeginAsync(HttpContext http, string bucket, string key)
    {
        string upload = string.Create(CultureInfo.InvariantCulture, $"upload-{Interlocked.Increment(ref _numbers)}");
        _uploads[upload] = new(bucket, key, DateTime.UtcNow, []);
        await WriteAsync(http, new(
            S3 + "InitiateMultipartUploadResult", Text("Bucket", bucket), Text("Key", key), Text("UploadId", upload)));
        return (200, "");
    }

    private async Task<(int, string)> TakePartAsync(HttpContext http, string upload, int number)
    {
        if (await ReadAsync(http) is not { } bytes)
            return (400, "XAmzContentSHA256Mismatch");
        if (!_uploads.TryGetValue(upload, out OpenUpload? open))
            return (404, "NoSuchUpload");
        open.Parts[number] = bytes;
        http.Response.Headers.ETag = TagOf(bytes);
        return (200, "");
    }

    private async Task<(int, string)> CompleteAsync(HttpContext http, string upload, string file)
    {
        XDocument asked = await XDocument.LoadAsync(http.Request.Body, LoadOptions.None, http.RequestAborted);
        if (!_uploads.TryGetValue(upload, out OpenUpload? open))
            return (404, "NoSuchUpload");
        (int Number, string Tag)[] parts =
        [
            .. asked.Descendants().Where(part => part.Name.LocalName == "Part").Select(part => (
                int.Parse(Value(part, "PartNumber"), CultureInfo.InvariantCulture), Value(part, "ETag"))),
        ];
        if (parts.Length == 0 || parts.Any(part => !open.Parts.TryGetValue(part.Number, out byte[]? bytes) || TagOf(bytes) != part.Tag))
            return (400, "InvalidPart");
        lock (open)
        {
            if (!_uploads.ContainsKey(upload))
                return (404, "NoSuchUpload");
            // Whoever finds the upload gone finds the object.
            Place(file, [.. parts.SelectMany(part => open.Parts[part.Number])], isNew: false);
            _uploads.TryRemove(upload, out _);
        }
        await WriteAsync(http, new(
            S3 + "CompleteMultipartUploadResult", Text("Bucket", open.Bucket), Text("Key", open.Key), Text("ETag", S3Server.TagOf(file))));
        return (200, "");
    }

    private async Task<(int, string)> ListAsync(HttpContext http, string bucket)
    {
        string prefix = http.Request.Query["prefix"].ToString();
        await WriteAsync(http, new(
            S3 + "ListMultipartUploadsResult", Text("Bucket", bucket), Text("IsTruncated", "false"),
            _uploads.Where(upload => upload.Value.Bucket == bucket && upload.Value.Key.StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(upload => upload.Value.Key, StringComparer.Ordinal).Select(upload => new XElement(
                    S3 + "Upload", Text("Key", upload.Value.Key), Text("UploadId", upload.Key),
                    Text("Initiated", upload.Value.Begun.ToString("yyyy-MM-dd'T'HH:mm:ss'.000Z'", CultureInfo.InvariantCulture))))));
        return (200, "");
    }

    private static (int, string) Delete(string file)
    {
        File.Delete(file);
        return (204, "");
    }

    /// <summary>The body; null: it is not what was signed, or comes in a form that older stores do not know.</summary>
    private static async Task<byte[]?> ReadAsync(HttpContext http)
    {
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        byte[] bytes = body.ToArray();
        string signed = http.Request.Headers["x-amz-content-sha256"].ToString();
        bool isKnown = signed is "" or "UNSIGNED-PAYLOAD" || signed == Convert.ToHexStringLower(SHA256.HashData(bytes));
        return isKnown && !http.Request.Headers.ContainsKey("x-amz-sdk-checksum-algorithm") ? bytes : null;
    }

    /// <summary>Gives an object its bytes at once; false: it was to be new, and is there.</summary>
    private bool Place(string file, byte[] bytes, bool isNew)
    {
        Directory.CreateDirectory(incoming);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string hidden = Path.Combine(incoming, $"{Interlocked.Increment(ref _numbers)}");
        File.WriteAllBytes(hidden, bytes);
        // Without it two that are to be new would both be: moving a file looks whether the name is free, and renames then.
        lock (_placing)
        {
            if (isNew && File.Exists(file))
            {
                File.Delete(hidden);
                return false;
            }
            File.Move(hidden, file, overwrite: true);
            return true;
        }
    }

    private static string TagOf(byte[] bytes) => $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"";

    private static string Value(XElement part, string name) => part.Elements().First(field => field.Name.LocalName == name).Value;

    private static XElement Text(string name, string value) => new(S3 + name, value);

    private static Task WriteAsync(HttpContext http, XElement answer)
    {
        http.Response.ContentType = "application/xml";
        return http.Response.WriteAsync(answer.ToString(SaveOptions.DisableFormatting));
    }

    private sealed record OpenUpload(string Bucket, string Key, DateTime Begun, ConcurrentDictionary<int, byte[]> Parts);
}

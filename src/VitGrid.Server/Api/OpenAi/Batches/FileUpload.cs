using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Spool;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting.Shutdown;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary><c>POST /v1/files</c>: a form whose file goes to the spool as it arrives, never into memory.</summary>
internal sealed class FileUpload(
    SpoolFolder spool, IndexingOptions options, QueueGateway queue, DrainGate gate, HttpOptions limits, TimeProvider time)
{
    private const int Chunk = 1 << 16;
    private const int MaxFieldLength = 4_096;

    /// <summary>Bytes between two looks at how full the folder is, which other uploads fill too.</summary>
    private const long BetweenLooks = 16L << 20;

    public async Task HandleAsync(HttpContext context)
    {
        queue.Demand();
        using DrainGate.Pass pass = gate.Enter();
        string id = SpoolFolder.NewId();
        await using FileStream file = spool.Begin(id);
        try
        {
            Form form = await new BodyDeadline(limits.UploadSeconds, "VitGrid:Http:UploadSeconds", time).KeepAsync(
                token => ReadAsync(context.Request, file, token), context.RequestAborted);
            if (form.Name is null)
                throw new ApiException(ApiCode.InvalidRequest,
                    "the form holds no file; send it as file, e.g. curl -F purpose=batch -F file=@lines.jsonl", "file");
            if (form.Purpose != "batch")
                throw new ApiException(ApiCode.InvalidRequest, $"purpose is '{Quote.Short(form.Purpose)}'; it takes batch", "purpose");
            long? stay = FileExpiry.Seconds("expires_after", form.Anchor, form.Seconds) * 1000L;
            long created = time.GetUtcNow().ToUnixTimeMilliseconds();
            SpoolFile taken = await spool.PublishAsync(file, new(id, form.Name, form.Purpose, 0, created, created + stay));
            await context.Response.WriteAsJsonAsync(
                FileResponse.From(taken), BatchJson.Readable.FileResponse, cancellationToken: context.RequestAborted);
        }
        finally
        {
            File.Delete(file.Name);
        }
    }

    private async Task<Form> ReadAsync(HttpRequest request, FileStream file, CancellationToken cancellationToken)
    {
        if (request.Query.Keys.FirstOrDefault(key => key != "api-version") is { } beside)
            throw Unread(beside, "the query");
        Form form = new();
        HashSet<string> parts = [];
        MultipartReader sections = new(BoundaryOf(request), request.Body);
        while (await Whole(() => sections.ReadNextSectionAsync(cancellationToken)) is { } section)
        {
            ContentDispositionHeaderValue? disposition = section.GetContentDispositionHeader();
            string name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").ToString();
            if (!parts.Add(name))
            {
                throw new ApiException(
                    ApiCode.InvalidRequest, $"the form holds '{Quote.Short(name)}' twice; send it once, and each file by itself", name);
            }
            switch (name)
            {
                case "file":
                    form = form with { Name = FileName(disposition!) };
                    await CopyAsync(section.Body, file, cancellationToken);
                    break;
                case "purpose":
                    form = form with { Purpose = await FieldAsync(section.Body, cancellationToken) };
                    break;
                case "expires_after[anchor]":
                    form = form with { Anchor = await FieldAsync(section.Body, cancellationToken) };
                    break;
                case "expires_after[seconds]":
                    form = form with { Seconds = await FieldAsync(section.Body, cancellationToken) };
                    break;
                default:
                    throw Unread(name, "the form");
            }
        }
        return form;
    }

    private static ApiException Unread(string name, string place) => new(ApiCode.InvalidRequest,
        $"'{Quote.Short(name)}' stands in {place}, where it is not read; "
        + "the form takes file, purpose, expires_after[anchor] and expires_after[seconds]",
        name);

    /// <summary>A step of reading the form, which may break off at any of them.</summary>
    private static async Task<T> Whole<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is InvalidDataException || (exception is IOException and not BadHttpRequestException))
        {
            throw new ApiException(ApiCode.InvalidRequest, $"the form is malformed or breaks off: {exception.Message}");
        }
    }

    private async Task CopyAsync(Stream from, FileStream file, CancellationToken cancellationToken)
    {
        byte[] chunk = new byte[Chunk];
        (long looked, long most) = (0, 0);
        int read;
        while ((read = await Whole(() => from.ReadAsync(chunk, cancellationToken).AsTask())) > 0)
        {
            long length = file.Length + read;
            if (length > options.SpoolFileBytes)
                throw new ApiException(ApiCode.PayloadTooLarge,
                    $"the file has more than {options.SpoolFileBytes:N0} bytes, the limit (VitGrid:Indexing:SpoolFileBytes); split it into "
                        + $"several files", "file");
            if (length > most || length - looked >= BetweenLooks)
                (looked, most) = (length, Look(file, length));
            await StoreAsync(file, chunk.AsMemory(0, read), cancellationToken);
        }
    }

    /// <summary>The length up to which the file may grow before the next look.</summary>
    private long Look(FileStream file, long length)
    {
        file.Flush();
        long used = spool.Used();
        long most = file.Length + options.SpoolBytes - used;
        return length <= most ? most : throw Full(
            $"the spool holds {used:N0} bytes, the limit is {options.SpoolBytes:N0} (VitGrid:Indexing:SpoolBytes)");
    }

    private static async Task StoreAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await file.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException exception)
        {
            throw Full($"the file cannot be stored: {exception.Message}");
        }
    }

    private static ApiException Full(string what) =>
        new(ApiCode.InsufficientStorage, $"{what}; delete files that are not needed (DELETE /v1/files/ID) or make room", "file");

    private static async Task<string> FieldAsync(Stream body, CancellationToken cancellationToken)
    {
        byte[] text = new byte[MaxFieldLength];
        int length = await Whole(
            () => body.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellationToken).AsTask());
        return Encoding.UTF8.GetString(text, 0, length);
    }

    private static string FileName(ContentDispositionHeaderValue disposition) =>
        (disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(
            disposition.FileName)).ToString() is { Length: > 0 } name ? name : "lines.jsonl";

    private static string BoundaryOf(HttpRequest request)
    {
        string boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString() : "";
        return boundary.Length > 0 ? boundary : throw new ApiException(ApiCode.InvalidRequest,
            $"the content-type is '{Quote.Short(request.ContentType)}'; send multipart/form-data with purpose=batch and file");
    }

    private sealed record Form(string? Name = null, string? Purpose = null, string? Anchor = null, string? Seconds = null);
}

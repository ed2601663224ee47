using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Spool;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>
/// Reads the lines of an uploaded file, each time with the same outcome: when they are checked, submitted, and answered. One line is in
/// memory.
/// </summary>
/// <param name="spool">Where the file is.</param>
/// <param name="file">Its id.</param>
/// <param name="limits">Of a line, which is a request.</param>
/// <param name="exif">What becomes of an orientation where a line does not say.</param>
internal sealed class BatchReader(SpoolFolder spool, string file, HttpOptions limits, ExifOrientation exif)
{
    private const int MaxIdLength = 512;

    private static readonly ApiError Spooled = new(
        ApiCode.UrlNotAllowed, "spool: names a place in an uploaded file, which the server alone does; send the image itself");

    private static readonly ApiError IdsInBatch = new(
        ApiCode.InvalidRequest, "is an array of token ids, which a batch does not take; send the text itself as a string");

    private static readonly BodyShare Uncounted = BodyShare.Unbounded;

    public IEnumerable<BatchLine> Read()
    {
        using SafeFileHandle handle = File.OpenHandle(spool.ContentOf(file));
        HashSet<UInt128> ids = [];
        BatchLine? lead = null;
        foreach (ScannedLine place in LineScan.Read(handle))
        {
            if (Read(handle, place) is not { } line)
                continue;
            line = line.Fields is { } fields && lead is not null && BatchLine.Common(fields) != BatchLine.Common(lead.Fields!)
                ? Refused(line, Differs(lead.Number)) : line;
            lead ??= line.Fault is null ? line : null;
            bool repeated = line.CustomId is { } id && !ids.Add(XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(id)));
            yield return repeated ? line with { IsRepeated = true } : line;
        }
    }

    /// <summary>Null for a blank line.</summary>
    private BatchLine? Read(SafeFileHandle handle, ScannedLine place)
    {
        BatchLine line = new(place.Number);
        if (place.Length > limits.MaxBodyBytes)
            return Refused(line, new(
                ApiCode.PayloadTooLarge,
                $"the line has {place.Length:N0} bytes, the limit is {limits.MaxBodyBytes:N0} (VitGrid:Http:MaxBodyBytes); split it"));
        if (place.Length == 0)
            return null;
        using SharedBuffer buffer = SharedBuffer.Rent(place.Length, Uncounted);
        Memory<byte> text = buffer.Bytes.AsMemory(0, (int)place.Length);
        LineScan.Fill(handle, place.Offset, text.Span);
        if (text.Span.Trim(" \t\r"u8).IsEmpty)
            return null;
        try
        {
            using JsonDocument json = JsonBody.Parse(text, "it", limits.MaxInputs);
            line = line with { CustomId = CustomId(json.RootElement) };
            return Parse(line, json.RootElement, text, buffer, (image, fields, isIgnored) => Place(
                place.Offset, image, fields, isIgnored));
        }
        catch (Exception exception) when (exception is ApiException or GridException)
        {
            return Refused(line, ErrorMapping.From(exception)!);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Refused(line, JsonBody.TooDeep(text.Span, "it")?.Error
                ?? new(ApiCode.InvalidRequest, "the line is not valid JSON in UTF-8"));
        }
    }

    private BatchLine Parse(
        BatchLine line, JsonElement root, Memory<byte> text, SharedBuffer buffer,
        Func<ImageInput, EmbeddingFields, bool, BatchImage> place)
    {
        Demand(root, "method", "POST");
        Demand(root, "url", OpenAiPaths.Embeddings);
        if (!root.TryGetProperty("body", out JsonElement body) || body.ValueKind != JsonValueKind.Object)
            throw Invalid("body is missing or no object; it takes what POST /v1/embeddings takes", "body");
        RequestNotes notes = new();
        NoteAround(root, body, notes);
        EmbeddingFields fields = new RequestFields().AddJson(body).Read(notes);
        if (fields.Tiling is not null)
            throw Invalid("tiling is not taken in batches; send the images to POST /v1/embeddings", "tiling");
        IReadOnlyList<ImageInput> inputs = JsonInputs.Read(body, text, buffer, limits.MaxInputs, notes);
        bool isIgnored = fields.Exif is null && exif == ExifOrientation.Ignore;
        BatchImage[] images = [.. inputs.Select(input => place(input, fields, isIgnored))];
        foreach (ImageInput input in inputs)
            input.Owner?.Dispose();
        if (!fields.Partial && images.FirstOrDefault(image => image.Fault is not null).Fault is { } fault)
            throw new ApiException(fault);
        return line with { Fields = fields, Images = images, Notes = notes };
    }

    /// <summary>What stands in a line where a batch does not read it: fields beside the body are refused, the rest is told.</summary>
    private static void NoteAround(JsonElement root, JsonElement body, RequestNotes notes)
    {
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (FieldSet.Vectors.IsRead(property.Name) || FieldSet.Vectors.IsContent(property.Name))
                throw Invalid($"{property.Name} stands beside body, where it is not read; put it into body", property.Name);
            if (property.Name is not ("custom_id" or "method" or "url" or "body"))
                notes.Unread(property.Name);
        }
        foreach (string name in (string[])["priority", "timeout_ms", "cache"])
        {
            if (body.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
                notes.Unread($"{name} of a batch");
        }
    }

    /// <summary>
    /// A URL is the workers' affair, which allow it or do not; of an image in the line the queue gets the place, a text it gets itself.
    /// </summary>
    private BatchImage Place(long line, ImageInput image, EmbeddingFields fields, bool isIgnored) => image switch
    {
        { Words.Ids: not null } => new(null, IdsInBatch with { Message = $"{image.Param} {IdsInBatch.Message}" }, image.Param),
        { Words.Words: { } words } => Place(PromptTemplates.Fill(fields.PromptTemplate, words), fields.Truncate, image.Param),
        { Url: { } url } when SpoolImage.IsOne(url.Trim()) => new(null, Spooled, image.Param),
        { Url: { } url } => new(url.Trim(), null, image.Param),
        { Fault: { } fault } => new(null, fault, image.Param),
        _ => new(SpoolImage.Uri(file, line + image.Text.At, image.Text.Length), null, image.Param)
        {
            IgnoredOrientation = isIgnored ? ExifTag.OrientationOf(image.Bytes.Span) : 1,
        },
    };

    private static BatchImage Place(string text, bool truncate, string param) =>
        new(TextUri.From(text, truncate), null, param) { Text = text };

    private static string CustomId(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Invalid("the line is no JSON object; it takes {\"custom_id\",\"method\",\"url\",\"body\"}", null);
        string? id = root.TryGetProperty("custom_id", out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? Quote.Bounded(value) : null;
        return id is { Length: > 0 and <= MaxIdLength }
            ? id : throw Invalid($"custom_id is missing, no text, or longer than {MaxIdLength} letters", "custom_id");
    }

    private static void Demand(JsonElement root, string name, string wanted)
    {
        string? given = root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? Quote.Bounded(value) : null;
        if (given != wanted)
            throw Invalid($"{name} is '{Quote.Short(given)}'; a line takes '{wanted}'", name);
    }

    private static BatchLine Refused(BatchLine line, ApiError fault) =>
        line with { Fields = null, Images = [], Fault = fault with { Message = $"line {line.Number}: {fault.Message}" } };

    private static ApiError Differs(int lead) => new(ApiCode.InvalidRequest,
        $"model, pooling, layer, normalize, preprocess, exif or dimensions are not those of line {lead}, the first good one; "
        + "a batch has one setting of them: put the line into another batch");

    private static ApiException Invalid(string message, string? param) => new(ApiCode.InvalidRequest, message, param);
}

using Microsoft.Net.Http.Headers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Requests;

/// <summary>Reads a request in any of its three forms, told apart by the content type.</summary>
internal sealed class RequestReader(HttpOptions limits, BodyMemory memory, ImageUrls urls)
{
    private const string Forms =
        "send application/json, an image as image/* (or application/octet-stream), or files as multipart/form-data";

    private enum Form
    {
        Json,
        Image,
        Multipart,
    }

    /// <summary>
    /// Reads the whole body, bounded, then what it says. <paramref name="check"/> sees the fields as soon as they are
    /// known: before the body is read where they stand in the query, before an image's text is decoded in JSON.
    /// </summary>
    /// <exception cref="ApiException">The request is refused.</exception>
    public async Task<ParsedRequest> ReadAsync(HttpRequest request, Action<EmbeddingFields> check, CancellationToken cancellation)
    {
        MediaTypeHeaderValue? type = TypeOf(request);
        Form form = FormOf(type, request);
        EmbeddingFields? fields = form == Form.Image ? EmbeddingFields.Read(name => QueryField(request.Query, name)) : null;
        if (fields is not null)
            check(fields);
        using RequestBody body = await RequestBody.ReadAsync(request, limits.MaxBodyBytes, memory, cancellation);
        if (body.Bytes.IsEmpty)
            throw new ApiException(ApiCode.InvalidRequest, $"the body is empty (0 bytes); {Forms}");
        try
        {
            return form switch
            {
                Form.Json => urls.Check(JsonRequest.Read(body.Bytes, body.Buffer, limits.MaxInputs, check)),
                Form.Multipart => MultipartRequest.Read(type!, body, limits.MaxInputs, check),
                _ => new(fields!, [ImageInput.Of("input[0]", body.Bytes, body.Buffer)], body.Buffer),
            };
        }
        catch
        {
            // Images that were read before the fault hold shares that nobody will give back.
            body.Buffer.Forget();
            throw;
        }
    }

    private static MediaTypeHeaderValue? TypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) ? type : null;

    private static Form FormOf(MediaTypeHeaderValue? type, HttpRequest request)
    {
        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw Unserved($"the content-encoding '{Quote.Short(encoding)}' is not read here; send the body uncompressed");
        if (type is null)
            throw Unserved($"the content-type is '{Quote.Short(request.ContentType)}'; {Forms}");
        if (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            return Form.Json;
        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return Form.Multipart;
        if (type.Type.Equals("image", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase))
            return Form.Image;
        throw Unserved($"the content-type is '{Quote.Short(type.MediaType)}'; {Forms}");
    }

    /// <summary>A query writes '+' for a blank, and <c>pooling=cls+mean</c> and <c>preprocess=crop+fast</c> are what people type.</summary>
    private static string? QueryField(IQueryCollection query, string name)
    {
        string? value = query[name] is { Count: > 0 } values ? values[^1] : null;
        return name is "pooling" or "preprocess" ? value?.Replace(' ', '+') : value;
    }

    private static ApiException Unserved(string message) => new(ApiCode.UnsupportedImageFormat, message);
}

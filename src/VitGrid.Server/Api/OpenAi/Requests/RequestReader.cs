using Microsoft.Net.Http.Headers;
using VitGrid.Engine.Errors;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.OpenAi.Requests;

/// <summary>
/// Reads a request in any of its three forms, told apart by the content type; an image is known by its bytes, whatever its label.
/// </summary>
internal sealed class RequestReader(HttpOptions limits, BodyReader bodies)
{
    private const string Forms =
        "send application/json, an image as image/* (or application/octet-stream), or files as multipart/form-data";

    private enum Form
    {
        Json,
        Image,
        Multipart,

        /// <summary>A label that says nothing of a form: the bytes decide.</summary>
        Unknown,
    }

    /// <summary>
    /// Reads the whole body, bounded, then what it says. <paramref name="check"/> sees the fields as soon as they are
    /// known: before the body is read where all of them stand in the query, before an image's text is decoded in JSON.
    /// </summary>
    /// <exception cref="ApiException">The request is refused.</exception>
    public Task<ParsedRequest> ReadAsync(HttpRequest request, Action<EmbeddingFields> check, CancellationToken cancellationToken)
    {
        BodyReader.RefuseCompressed(request);
        MediaTypeHeaderValue? type = TypeOf(request);
        Form form = FormOf(type);
        RequestFields fields = new RequestFields().AddQuery(request.Query);
        RequestNotes notes = new();
        EmbeddingFields? early = form == Form.Image ? Checked(fields, notes, check) : null;
        return bodies.ReadAsync(request, Parse, cancellationToken);

        // No JSON begins as an image file does, so that an image with a wrong label is still an image.
        ParsedRequest Parse(RequestBody body) => form switch
        {
            _ when body.Bytes.IsEmpty => throw new ApiException(ApiCode.InvalidRequest, $"the body is empty (0 bytes); {Forms}"),
            Form.Multipart => MultipartRequest.Read(type!, body, limits.MaxInputs, fields, check),
            _ when early is not null || ImagePreprocessor.Recognises(body.Bytes.Span) =>
                new(early ?? Checked(fields, notes, check), [ImageInput.From("input[0]", body.Bytes, body.Buffer)], body.Buffer)
                {
                    Notes = notes,
                },
            Form.Json => JsonRequest.Read(body.Bytes, body.Buffer, limits.MaxInputs, fields, check),
            _ => throw Unserved($"the content-type is '{Quote.Short(request.ContentType)}'; {Forms}"),
        };
    }

    private static EmbeddingFields Checked(RequestFields fields, RequestNotes notes, Action<EmbeddingFields> check)
    {
        EmbeddingFields read = fields.Read(notes);
        check(read);
        return read;
    }

    private static MediaTypeHeaderValue? TypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) ? type : null;

    private static Form FormOf(MediaTypeHeaderValue? type)
    {
        if (type is null)
            return Form.Unknown;
        if (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            return Form.Json;
        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return Form.Multipart;
        bool isImage = type.Type.Equals("image", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("binary/octet-stream", StringComparison.OrdinalIgnoreCase);
        return isImage ? Form.Image : Form.Unknown;
    }

    private static ApiException Unserved(string message) => new(ApiCode.UnsupportedImageFormat, message);
}

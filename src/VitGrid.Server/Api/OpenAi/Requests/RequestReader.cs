using System.Text.Json;
using System.Text.Unicode;
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
    public Task<ParsedRequest> ReadAsync(HttpRequest request, Action<EmbeddingFields> check, CancellationToken cancellationToken) =>
        ReadAsync(request, FieldSet.Vectors, check, cancellationToken);

    /// <summary>The same for a kind of request that has other fields.</summary>
    /// <exception cref="ApiException">The request is refused.</exception>
    public Task<ParsedRequest> ReadAsync(
        HttpRequest request, FieldSet set, Action<EmbeddingFields> check, CancellationToken cancellationToken)
    {
        BodyReader.RefuseCompressed(request);
        MediaTypeHeaderValue? type = request.Type();
        Form form = FormOf(type);
        RequestFields fields = new RequestFields(set).AddQuery(request.Query);
        RequestNotes notes = new();
        EmbeddingFields? early = form == Form.Image ? Checked(fields, notes, check) : null;
        return bodies.ReadAsync(request, BodyTypes.JudgedByReader, Parse, cancellationToken);

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

    private static Form FormOf(MediaTypeHeaderValue? type)
    {
        if (type is null)
            return Form.Unknown;
        if (type.IsJson())
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

/// <summary>
/// The form of a request that carries files: images, and fields by their names. A part is an image when its bytes are one, or its head
/// names a file or an image type; many clients send neither.
/// </summary>
internal static class MultipartRequest
{
    private const int MaxBoundaryLength = 200;

    /// <summary>Reads a form; its images stay where they lie in <paramref name="body"/>.</summary>
    /// <param name="type">The content type, with the boundary.</param>
    /// <param name="body">The whole body.</param>
    /// <param name="maxInputs">Images in one request.</param>
    /// <param name="fields">What the query says.</param>
    /// <param name="check">Sees the fields.</param>
    /// <exception cref="ApiException">The form is malformed, holds no image or too many, or its fields are refused.</exception>
    public static ParsedRequest Read(
        MediaTypeHeaderValue type, RequestBody body, int maxInputs, RequestFields fields, Action<EmbeddingFields> check)
    {
        FormReader reader = new(body.Bytes, BoundaryOf(type));
        RequestNotes notes = new();
        List<ImageInput> images = [];
        while (reader.Next() is { } part)
        {
            if (!IsImage(part, fields.Set))
                fields.Add(part.Name, Quote.Bounded(part.Content.Span), RequestFields.Form);
            else if (images.Count < maxInputs)
                images.Add(ImageOf(part, $"input[{images.Count}]", body.Buffer));
            else
                throw TooMany(maxInputs);
        }
        EmbeddingFields read = fields.Read(notes);
        if (images.Count == 0)
            throw new ApiException(
                ApiCode.InvalidRequest, "the form holds neither file nor input; send at least one, e.g. curl -F file=@image.jpg",
                "input");
        check(read);
        return new(read, images, body.Buffer) { Notes = notes };
    }

    private static bool IsImage(FormPart part, FieldSet set) => !set.IsField(part.Name)
        && (part.IsFile || IsText(part.Name) || !IsPlain(part.Content.Span) || ImagePreprocessor.Recognises(part.Content.Span));

    /// <summary>Names whose text is an image: a data URI, base64 or a URL.</summary>
    private static bool IsText(string name) => name is "input" or "image" or "images";

    /// <summary>Whether a value can be one that somebody typed.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> content) => content.IndexOf((byte)0) < 0 && Utf8.IsValid(content);

    private static ImageInput ImageOf(FormPart part, string param, SharedBuffer buffer)
    {
        bool isBare = part.Encoding.ToLowerInvariant() is "" or "binary" or "8bit" or "7bit";
        if (!isBare && !part.Encoding.Equals("base64", StringComparison.OrdinalIgnoreCase))
        {
            return ImageInput.Refused(param, ApiCode.InvalidRequest,
                $"{param} has the content-transfer-encoding '{Quote.Short(part.Encoding)}'; send the file's bytes as they are");
        }
        bool isText = !isBare || (IsText(part.Name) && !part.IsFile && !ImagePreprocessor.Recognises(part.Content.Span));
        if (!isText)
            return ImageInput.From(param, part.Content, buffer);
        ImageInput read = ImageText.Read(part.Content, param, buffer);
        return part.Name == "input" ? read : ImageText.Alone(read, JsonImage.Forms);
    }

    private static ApiException TooMany(int maxInputs) => new(ApiCode.InvalidRequest,
        $"the form holds more than {maxInputs} images, the limit of a request; split it into several requests", "input");

    private static string BoundaryOf(MediaTypeHeaderValue type)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > MaxBoundaryLength)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the content-type multipart/form-data has a boundary of {boundary.Length} characters; it needs one of 1 to "
                    + $"{MaxBoundaryLength}: let the client library set the header");
        }
        return boundary;
    }
}

/// <summary>The JSON form of a request.</summary>
internal static class JsonRequest
{
    /// <summary>Reads a body; its images are decoded where they stand in it.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="buffer">The memory that it lies in.</param>
    /// <param name="maxInputs">Images in one request.</param>
    /// <param name="fields">What the query says.</param>
    /// <param name="check">Sees the fields before an image is decoded.</param>
    /// <param name="inputs">Takes the inputs out of the body; null: they are in <c>input</c> or <c>messages</c>.</param>
    /// <exception cref="ApiException">The body is refused.</exception>
    public static ParsedRequest Read(
        Memory<byte> body, SharedBuffer buffer, int maxInputs, RequestFields fields, Action<EmbeddingFields> check,
        Func<JsonElement, RequestNotes, IReadOnlyList<ImageInput>>? inputs = null)
    {
        Memory<byte> text = WithoutMark(body);
        try
        {
            using JsonDocument document = JsonBody.Parse(text, "the body", maxInputs);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw Malformed($"the body is a JSON {root.ValueKind} where an object is expected");
            RequestNotes notes = new();
            EmbeddingFields read = fields.AddJson(root).Read(notes);
            check(read);
            IReadOnlyList<ImageInput> found = inputs?.Invoke(root, notes) ?? JsonInputs.Read(root, body, buffer, maxInputs, notes);
            return new(read, found, buffer) { Notes = notes };
        }
        catch (JsonException exception)
        {
            throw JsonBody.TooDeep(text.Span, "the body")
                ?? Malformed($"the body is not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}; "
                    + "check for a cut body, quotes and commas, and that it is UTF-8");
        }
        catch (InvalidOperationException)
        {
            // The reader checks text only when it is asked for: bytes that are not UTF-8, or half of a surrogate pair.
            throw Malformed("the body holds a string that is not valid UTF-8 text; encode the body as UTF-8");
        }
    }

    /// <summary>Some editors and clients begin UTF-8 with a byte order mark, which JSON does not know.</summary>
    private static Memory<byte> WithoutMark(Memory<byte> body) => body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;

    private static ApiException Malformed(string message) => new(ApiCode.InvalidRequest, message);
}

/// <summary>The paths of OpenAI's protocol.</summary>
internal static class OpenAiPaths
{
    public const string Root = "/v1";
    public const string Embeddings = "/v1/embeddings";

    /// <summary>Where Azure's clients send requests of the same form, texts and images mixed or images alone.</summary>
    public const string Azure = "/embeddings";

    /// <inheritdoc cref="Azure"/>
    public const string AzureImages = "/images/embeddings";

    public const string Features = "/v1/features";
    public const string Similarity = "/v1/similarity";
    public const string Classify = "/v1/classify";
    public const string Models = "/v1/models";
    public const string Files = "/v1/files";
    public const string Batches = "/v1/batches";
}

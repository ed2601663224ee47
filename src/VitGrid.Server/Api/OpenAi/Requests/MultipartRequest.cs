using System.Text;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;
using VitGrid.Engine.Errors;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Requests;

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
            if (!IsImage(part))
                fields.Add(part.Name, Encoding.UTF8.GetString(part.Content.Span), RequestFields.Form);
            else if (images.Count < maxInputs)
                images.Add(ImageOf(part, $"input[{images.Count}]", body.Buffer));
            else
                throw TooMany(maxInputs);
        }
        EmbeddingFields read = fields.Read(notes);
        if (images.Count == 0)
            throw new ApiException(ApiCode.InvalidRequest, "the form holds no file; send at least one, e.g. curl -F file=@image.jpg",
                "input");
        check(read);
        return new(read, images, body.Buffer) { Notes = notes };
    }

    private static bool IsImage(FormPart part) => !FieldRules.IsField(part.Name)
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
        return isText ? ImageText.Read(part.Content, param, buffer) : ImageInput.From(param, part.Content, buffer);
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

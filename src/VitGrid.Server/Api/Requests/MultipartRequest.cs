using System.Text;
using Microsoft.Net.Http.Headers;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>The form of a request that carries files: every file is an image, every other part a field.</summary>
internal static class MultipartRequest
{
    private const int LongestBoundary = 200;

    /// <summary>Reads a form; its images stay where they lie in <paramref name="body"/>.</summary>
    /// <exception cref="ApiException">The form is malformed, holds no image or too many, or <paramref name="check"/> refuses its fields.</exception>
    public static ParsedRequest Read(MediaTypeHeaderValue type, RequestBody body, int mostInputs, Action<EmbeddingFields> check)
    {
        FormReader reader = new(body.Bytes, BoundaryOf(type));
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        List<ImageInput> images = [];
        while (reader.Next() is { } part)
        {
            if (!part.IsFile && part.Name is not ("input" or "image"))
                texts[part.Name] = Encoding.UTF8.GetString(part.Content.Span);
            else if (images.Count < mostInputs)
                images.Add(ImageOf(part, $"input[{images.Count}]", body.Buffer));
            else
                throw TooMany(mostInputs);
        }
        if (images.Count == 0)
            throw new ApiException(ApiCode.InvalidRequest, "the form holds no file; send at least one, e.g. curl -F file=@image.jpg", "input");
        EmbeddingFields fields = EmbeddingFields.Read(texts.GetValueOrDefault);
        check(fields);
        return new(fields, images, body.Buffer);
    }

    private static ImageInput ImageOf(FormPart part, string param, SharedBuffer buffer) =>
        part.IsFile ? ImageInput.Of(param, part.Content, buffer) : ImageText.Read(part.Content, param, buffer);

    private static ApiException TooMany(int mostInputs) => new(ApiCode.InvalidRequest,
        $"the form holds more than {mostInputs} images, the limit of a request; split it into several requests", "input");

    private static string BoundaryOf(MediaTypeHeaderValue type)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > LongestBoundary)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the content-type multipart/form-data has a boundary of {boundary.Length} characters; it needs one of 1 to {LongestBoundary}: let the client library set the header");
        }
        return boundary;
    }
}

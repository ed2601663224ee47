using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>The form of a request that carries files: every file is a picture, every other part a field.</summary>
internal static class MultipartRequest
{
    private const int LongestBoundary = 200;

    public static async Task<ParsedRequest> ReadAsync(MediaTypeHeaderValue type, Stream body, int mostInputs, CancellationToken cancellation)
    {
        MultipartReader reader = new(BoundaryOf(type), body);
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        List<PictureInput> pictures = [];
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
                await TakeAsync(section, fields, pictures, mostInputs, cancellation);
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException)
        {
            throw new ApiException(ApiCode.InvalidRequest, $"the multipart body is malformed: {fault.Message} Check the boundary and that the body is whole.");
        }
        if (pictures.Count == 0)
            throw new ApiException(ApiCode.InvalidRequest, "the form holds no file; send at least one, e.g. curl -F file=@picture.jpg", "input");
        return new(EmbeddingFields.Read(fields.GetValueOrDefault), pictures);
    }

    private static async Task TakeAsync(
        MultipartSection section, Dictionary<string, string> fields, List<PictureInput> pictures, int mostInputs, CancellationToken cancellation)
    {
        using MemoryStream content = new();
        await section.Body.CopyToAsync(content, cancellation);
        ContentDispositionHeaderValue? disposition = section.GetContentDispositionHeader();
        string name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").ToString();
        bool isFile = disposition?.IsFileDisposition() == true || section.ContentType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true;
        if (!isFile && name is not ("input" or "image"))
        {
            fields[name] = Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
            return;
        }
        if (pictures.Count == mostInputs)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the form holds more than {mostInputs} pictures, the limit of a request; split it into several requests", "input");
        }
        string param = $"input[{pictures.Count}]";
        pictures.Add(isFile
            ? PictureInput.Of(param, content.GetBuffer().AsMemory(0, (int)content.Length))
            : PictureText.Read(content.GetBuffer().AsSpan(0, (int)content.Length), param));
    }

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

using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>The form of a request that carries files: every file is a picture, every other part a field.</summary>
internal static class MultipartRequest
{
    private const int LongestBoundary = 200;

    public static async Task<ParsedRequest> ReadAsync(
        MediaTypeHeaderValue type, RequestBody body, int mostInputs, BodyMemory memory, Action<EmbeddingFields> check, CancellationToken cancellation)
    {
        MultipartReader reader = new(BoundaryOf(type), body.OpenRead());
        // The parts are shorter than the body that holds them; a byte more lets the end of the last one be seen.
        using FormParts parts = new(SharedBuffer.Rent(body.Bytes.Length + 1, memory), mostInputs);
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
                await parts.TakeAsync(section, cancellation);
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException)
        {
            throw new ApiException(ApiCode.InvalidRequest, $"the multipart body is malformed: {fault.Message} Check the boundary and that the body is whole.");
        }
        return parts.ToRequest(check);
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

using Microsoft.Net.Http.Headers;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>
/// Which content types a body is taken with. A page of another site may send <c>text/plain</c>, a form's types or none without asking the
/// server first, so JSON is read by its own name.
/// </summary>
internal enum BodyTypes
{
    /// <summary><c>application/json</c>, or another type of the suffix <c>+json</c>.</summary>
    Json,

    /// <summary>
    /// JSON, no type, or <c>application/octet-stream</c>: for a protocol whose clients name no type. Pages are kept out by their origin.
    /// </summary>
    JsonOrUntyped,

    /// <summary>The reader tells its forms apart by the type, and refuses others.</summary>
    JudgedByReader,
}

/// <summary>What content types are.</summary>
internal static class BodyTypesOfRequest
{
    /// <summary>The content type of a request; null where there is none, or none that can be read.</summary>
    public static MediaTypeHeaderValue? Type(this HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) ? type : null;

    /// <summary>Whether it is JSON.</summary>
    public static bool IsJson(this MediaTypeHeaderValue type) => type.Type.Equals("application", StringComparison.OrdinalIgnoreCase)
        && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    /// <summary>Refuses a request of another type.</summary>
    /// <exception cref="ApiException">It is.</exception>
    public static void Demand(this BodyTypes types, HttpRequest request)
    {
        MediaTypeHeaderValue? type = request.Type();
        bool isTaken = types switch
        {
            BodyTypes.Json => type?.IsJson() == true,
            BodyTypes.JsonOrUntyped => string.IsNullOrEmpty(request.ContentType) || type?.IsJson() == true
                || type?.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase) == true,
            _ => true,
        };
        if (!isTaken)
            throw new ApiException(ApiCode.UnsupportedImageFormat,
                $"the content-type is '{Quote.Short(request.ContentType)}'; send JSON as application/json");
    }
}

using Microsoft.Net.Http.Headers;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>What the head of a form's part says of its name and file, in whatever character set.</summary>
internal static class PartDisposition
{
    /// <summary>The part's name; empty where it has none.</summary>
    /// <exception cref="ApiException">It is in a character set that is not known.</exception>
    public static string NameOf(ContentDispositionHeaderValue? disposition) =>
        Read(() => HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").ToString());

    /// <summary>Whether the part is a file.</summary>
    /// <exception cref="ApiException">The file's name is in a character set that is not known.</exception>
    public static bool IsFile(ContentDispositionHeaderValue? disposition) => Read(() => disposition?.IsFileDisposition() == true);

    /// <summary>The file's name; empty where it has none.</summary>
    /// <exception cref="ApiException">It is in a character set that is not known.</exception>
    public static string FileNameOf(ContentDispositionHeaderValue disposition) => Read(() =>
        (disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName)).ToString());

    private static T Read<T>(Func<T> part)
    {
        try
        {
            return part();
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            // The library lets go what the runtime says of an empty character set, or of UTF-7.
            throw new ApiException(ApiCode.InvalidRequest,
                "the form is malformed: the head of a part has a name in a character set that is not known; send names as UTF-8");
        }
    }
}

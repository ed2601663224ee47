using VitGrid.Engine.Errors;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Items;

/// <summary>
/// Files and objects that HTTP clients name, where the operator lets them. Whatever is wrong with one, they hear the same, so that nobody
/// learns from it what is there.
/// </summary>
internal static class HttpFiles
{
    private const string Scheme = "file:";

    private const string Message = "no image can be read at this file: or s3: URI: it is not there, not below Indexing:HttpFileRoots or "
        + "in Indexing:S3:HttpBuckets of the workers, too large, or no image; the workers log which at Debug";

    /// <summary>Whether a URI names a file, an object, or a place in one.</summary>
    public static bool IsOne(string uri) =>
        uri.AsSpan().TrimStart().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || ArchivePlace.IsOne(uri.TrimStart()) || ParquetPlace.IsOne(uri.TrimStart())
            || ObjectPlace.IsOne(uri.TrimStart());

    /// <summary>The fault as a client may hear it; what it was stays for the log.</summary>
    public static ItemFault Conceal(ItemFault fault) =>
        fault with { Code = ApiCode.UrlFetchFailed, Message = Message, Detail = $"{fault.Code}: {fault.Message}" };
}

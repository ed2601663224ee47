using System.Net;
using System.Net.Http.Headers;

namespace VitGrid.Engine.Fetching;

/// <summary>What an answer's head means. Pure.</summary>
internal static class FetchAnswers
{
    /// <summary>No server may keep an item longer than this.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(5);

    /// <summary>Whether the answer names another place.</summary>
    public static bool IsRedirect(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    /// <summary>Why the answer holds no image; null when it may.</summary>
    public static UrlFetchException? Fault(Uri url, HttpResponseMessage answer, long maxBytes, DateTimeOffset now)
    {
        string shown = UrlRules.Show(url.OriginalString);
        if (answer.StatusCode != HttpStatusCode.OK)
            return Status(shown, answer, now);
        HttpContentHeaders head = answer.Content.Headers;
        if (head.ContentEncoding.Any(coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            return new(UrlFault.WrongType,
                $"'{shown}' came in content-encoding '{UrlRules.Show(string.Join(", ", head.ContentEncoding))}', which was not asked for");
        if (IsPage(head.ContentType?.MediaType))
            return new(UrlFault.WrongType,
                $"'{shown}' is of type '{UrlRules.Show(head.ContentType!.MediaType!)}'; name an image (image/*)");
        return head.ContentLength > maxBytes ? TooLarge(shown, $"{head.ContentLength:N0}", maxBytes) : null;
    }

    public static UrlFetchException TooLarge(string shown, string bytes, long maxBytes) => new(UrlFault.TooLarge,
        $"'{shown}' has {bytes} bytes, the limit is {maxBytes:N0} (VitGrid:Images:MaxFileBytes); name a smaller image");

    private static UrlFetchException Status(string shown, HttpResponseMessage answer, DateTimeOffset now)
    {
        int status = (int)answer.StatusCode;
        bool passing = status is 408 or 425 or 429 or >= 500;
        return new(passing ? UrlFault.Transient : UrlFault.Permanent,
            $"'{shown}' was answered with status {status} instead of an image{(passing ? "; try again later" : "")}")
        {
            RetryAfter = passing ? Wait(answer.Headers.RetryAfter, now) : null,
        };
    }

    private static TimeSpan? Wait(RetryConditionHeaderValue? asked, DateTimeOffset now) =>
        (asked?.Delta ?? (asked?.Date is { } date ? date - now : null)) is { } wait && wait > TimeSpan.Zero
            ? wait < MaxWait ? wait : MaxWait
            : null;

    /// <summary>
    /// A page or an error told as JSON comes instead of an image; any other label is not asked, the image's own bytes decide.
    /// </summary>
    private static bool IsPage(string? type) => type is not null && (
        type.Equals("text/html", StringComparison.OrdinalIgnoreCase)
        || type.Equals("application/xhtml+xml", StringComparison.OrdinalIgnoreCase)
        || type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || type.Equals("application/problem+json", StringComparison.OrdinalIgnoreCase));
}

using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace VitGrid.S3;

/// <summary>
/// What a failure means. Pure. The library's messages are not repeated, nor its exceptions kept: some hold the answer, and with it the
/// key's name and what was signed.
/// </summary>
internal static class S3Answers
{
    private const string CredentialsRemedy = "give credentials as for AWS' own tools (AWS_PROFILE, AWS_ACCESS_KEY_ID and "
        + "AWS_SECRET_ACCESS_KEY), or set Indexing:S3:Anonymous for a public bucket";

    /// <summary>The failure in words for whoever asked.</summary>
    public static S3Exception From(S3Act act, Exception failure) => failure switch
    {
        S3Exception known => known,
        AmazonS3Exception answer => From(act, (int)answer.StatusCode, Code(answer)),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } denied => new(
            S3Fault.Denied, $"{act.What}: the credentials could not be had ({Reason(denied)}); {CredentialsRemedy}"),
        AmazonServiceException service => new(
            S3Fault.Unavailable, $"{act.What}: the store does not answer ({Reason(service)}); see to its endpoint"),
        AmazonClientException client => new(
            S3Fault.Denied, $"{act.What}: no request could be made ({Kind(client)}); {CredentialsRemedy}"),
        _ => new(S3Fault.Unavailable, $"{act.What}: the connection failed ({Kind(failure)}); see to the endpoint"),
    };

    /// <summary>Gives an answer on; one that leads to another server is none.</summary>
    /// <exception cref="S3Exception">It leads elsewhere.</exception>
    public static T Demand<T>(S3Act act, T answer) =>
        answer is AmazonWebServiceResponse { HttpStatusCode: >= HttpStatusCode.Ambiguous and var status }
            ? throw From(act, (int)status, null) : answer;

    private static S3Exception From(S3Act act, int status, string? code)
    {
        (string what, string done) = act;
        string told = string.Create(CultureInfo.InvariantCulture, $"status {status}{(code is null ? "" : $", {code}")}");
        return (status, code) switch
        {
            (_, "ExpiredToken" or "TokenRefreshRequired") => new(
                S3Fault.Denied, $"{what} may not be {done} ({told}): the credentials have expired; get new ones, or name a role or a "
                    + "profile that gets its own"),
            (_, "InvalidObjectState") => new(
                S3Fault.Denied, $"{what} may not be {done} ({told}): it lies in an archive; restore it first, then 'index retry'"),
            (_, "RequestTimeTooSkewed") => new(
                S3Fault.Denied, $"{what} may not be {done} ({told}): this machine's clock is wrong; set it"),
            (400, "AuthorizationHeaderMalformed") or (301 or 302 or 303 or 307 or 308, _) => new(
                S3Fault.Refused, $"{what} lies elsewhere ({told}); set Indexing:S3:Region or Indexing:S3:Endpoint to where"),
            (404, "NoSuchUpload") => new(S3Fault.Missing, $"{what}: the upload is gone ({told}); it was completed or given up")
            {
                IsUploadGone = true,
            },
            (404, _) => new(S3Fault.Missing, $"{what} is not there ({told}); correct bucket and key"),
            (401 or 403, _) => new(S3Fault.Denied, $"{what} may not be {done} ({told}); {CredentialsRemedy}"),
            (409, _) => new(S3Fault.Unavailable, $"{what}: the store is busy with another request for it ({told})"),
            (412, _) => new(S3Fault.Changed, $"{what} was changed while it was read ({told}); submit it again under another job"),
            (416, _) => new(S3Fault.Changed, $"{what} is shorter than it was ({told}); submit it again under another job"),
            (0 or 200 or 408 or 429 or >= 500, _) => new(S3Fault.Unavailable, $"{what}: the store does not answer now ({told})"),
            _ => new(S3Fault.Refused, $"{what}: the store refuses the request ({told})"),
        };
    }

    /// <summary>A code is a word; a server may write anything in its place.</summary>
    private static string? Code(AmazonServiceException answer) =>
        answer.ErrorCode is { Length: > 0 and <= 60 } code && code.All(char.IsAsciiLetterOrDigit) ? code : null;

    private static string Reason(AmazonServiceException failure) => Code(failure) ?? Kind(failure.InnerException ?? failure);

    private static string Kind(Exception failure) => failure is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http
        ? http.HttpRequestError.ToString() : failure.GetType().Name;
}

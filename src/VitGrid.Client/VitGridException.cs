using System.Net;

namespace VitGrid.Client;

/// <summary>A request the server refused.</summary>
public sealed class VitGridException : Exception
{
    /// <summary>Creates the refusal.</summary>
    public VitGridException(HttpStatusCode status, ErrorBody error, TimeSpan? retryAfter)
        : base(error?.Message)
    {
        ArgumentNullException.ThrowIfNull(error);
        (Status, Code, Param, RetryAfter) = (status, error.Code, error.Param, retryAfter);
    }

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The stable name of the error, e.g. <c>overloaded</c>; <c>unexpected_answer</c> when the answer was not VitGrid's.</summary>
    public string Code { get; }

    /// <summary>The field or image it concerns; null when it concerns none.</summary>
    public string? Param { get; }

    /// <summary>How long to wait before the next try; null when the server did not say.</summary>
    public TimeSpan? RetryAfter { get; }
}

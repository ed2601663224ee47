using VitGrid.Engine.Errors;

namespace VitGrid.Engine.Fetching;

/// <summary>Why a URL gave no image.</summary>
public enum UrlFault
{
    /// <summary>The operator did not allow it.</summary>
    NotAllowed,

    /// <summary>More bytes than an image may have.</summary>
    TooLarge,

    /// <summary>Something else than an image is there.</summary>
    WrongType,

    /// <summary>There is none, and asking again will not help.</summary>
    Permanent,

    /// <summary>Asking again may help.</summary>
    Transient,
}

/// <summary>A URL that gave no image.</summary>
public sealed class UrlFetchException(UrlFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of fault: it decides the answer's status and whether a queue asks again.</summary>
    public UrlFault Fault { get; } = fault;

    /// <summary>When the server wants to be asked again; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The stable name; HTTP's.</summary>
    public string Code => Fault switch
    {
        UrlFault.NotAllowed => ApiCode.UrlNotAllowed,
        UrlFault.TooLarge => ApiCode.ImageTooLarge,
        UrlFault.WrongType => ApiCode.UnsupportedImageFormat,
        _ => ApiCode.UrlFetchFailed,
    };
}

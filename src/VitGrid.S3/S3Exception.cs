namespace VitGrid.S3;

/// <summary>Why an object was not read or written.</summary>
public enum S3Fault
{
    /// <summary>There is no such bucket or object.</summary>
    Missing,

    /// <summary>The credentials are none, or not for it.</summary>
    Denied,

    /// <summary>The object is another than the one that was listed.</summary>
    Changed,

    /// <summary>The store does not answer, or not as it should: the same request may succeed later.</summary>
    Unavailable,

    /// <summary>The request is wrong: it fails whenever it is sent.</summary>
    Refused,
}

/// <summary>A failure of a store. The message names the object, what was answered and the remedy, and holds no credentials.</summary>
public sealed class S3Exception(S3Fault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public S3Fault Fault { get; } = fault;

    /// <summary>Whether an upload was meant that is open no more, whatever became of it.</summary>
    internal bool IsUploadGone { get; init; }
}

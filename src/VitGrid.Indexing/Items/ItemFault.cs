using VitGrid.Engine.Errors;
using VitGrid.Engine.Fetching;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.S3;

namespace VitGrid.Indexing.Items;

/// <summary>What a failure means for an item.</summary>
internal enum FaultKind
{
    /// <summary>It will fail again whenever it is tried: the dead letters at once.</summary>
    Poison,

    /// <summary>It may pass: tried again, a limited number of times.</summary>
    Transient,

    /// <summary>The grid is busy with others: tried again for as long as it takes.</summary>
    Busy,

    /// <summary>Nobody serves the model: set aside until somebody does.</summary>
    NoModel,

    /// <summary>This process is ending: left to others.</summary>
    Leaving,
}

/// <summary>Why an item has no vector.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Code">The stable name; HTTP's where HTTP has one.</param>
/// <param name="Message">For a person.</param>
internal sealed record ItemFault(FaultKind Kind, string Code, string Message)
{
    /// <summary>How long to wait at least before the next try; zero where nobody said.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>What the log says instead of the message; null: the message itself.</summary>
    public string? Detail { get; init; }

    public static ItemFault Poison(string code, string message) => new(FaultKind.Poison, code, message);

    /// <summary>The meaning of a failure. Pure.</summary>
    public static ItemFault From(Exception failure) => failure switch
    {
        ItemException item => item.Fault,
        OperationCanceledException or ObjectDisposedException => new(FaultKind.Leaving, ApiCode.Draining, failure.Message),
        UrlFetchException url => new(
            url.Fault == UrlFault.Transient
                ? FaultKind.Transient : FaultKind.Poison, url.Code, url.Message) { Wait = url.RetryAfter ?? TimeSpan.Zero },
        S3Exception store => new(
            store.Fault == S3Fault.Unavailable ? FaultKind.Transient : FaultKind.Poison, CodeOf(store.Fault), store.Message),
        ImageException image => Poison(ErrorTable.CodeOf(image.Fault), image.Message),
        GridException grid => new(KindOf(grid.Fault), ErrorTable.CodeOf(grid.Fault), grid.Message),
        ArithmeticException => Poison(ApiCode.NotFinite, failure.Message),
        FileNotFoundException or DirectoryNotFoundException => Poison(ApiCode.FileNotFound, failure.Message),
        UnauthorizedAccessException => Poison(ApiCode.FileUnreadable, failure.Message),
        IOException => new(FaultKind.Transient, ApiCode.FileUnreadable, failure.Message),
        _ => new(FaultKind.Transient, ApiCode.InternalError, $"{failure.GetType().Name}: {failure.Message}"),
    };

    private static string CodeOf(S3Fault fault) => fault switch
    {
        S3Fault.Missing => ApiCode.FileNotFound,
        S3Fault.Denied => ApiCode.FileUnreadable,
        S3Fault.Changed => ApiCode.ArchiveChanged,
        _ => ApiCode.UrlFetchFailed,
    };

    private static FaultKind KindOf(GridFault fault) => fault switch
    {
        GridFault.InvalidRequest or GridFault.ImageBreaksDevices or GridFault.BeyondType => FaultKind.Poison,
        // A model that is being loaded may be loaded for long, and others need the credits meanwhile.
        GridFault.ModelNotFound or GridFault.ModelFailed or GridFault.ModelLoading => FaultKind.NoModel,
        GridFault.Overloaded => FaultKind.Busy,
        GridFault.Draining => FaultKind.Leaving,
        _ => FaultKind.Transient,
    };
}

/// <summary>An item that was refused before it reached the grid.</summary>
internal sealed class ItemException(ItemFault fault) : Exception(fault.Message)
{
    public ItemFault Fault { get; } = fault;
}

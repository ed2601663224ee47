using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>Tells what fails one image from what fails the run, with HTTP's codes for what HTTP knows.</summary>
internal static class ItemErrors
{
    /// <summary>The item's error; null when <paramref name="failure"/> concerns the whole run.</summary>
    public static ItemError? From(Exception failure) => failure switch
    {
        _ when ErrorMapping.ConcernsOneImage(failure) && ErrorMapping.From(failure) is { } known => new(known.Code, known.Message),
        GridException { Fault: GridFault.InvalidRequest } refused => new(ApiCode.InvalidRequest, refused.Message),
        ArithmeticException => new(ApiCode.InternalError, failure.Message),
        FileNotFoundException or DirectoryNotFoundException =>
            new(ApiCode.FileNotFound, $"{failure.Message} Check the path; a folder gives the images below it."),
        IOException or UnauthorizedAccessException => new(ApiCode.FileUnreadable, failure.Message),
        _ => null,
    };
}

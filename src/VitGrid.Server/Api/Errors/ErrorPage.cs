namespace VitGrid.Server.Api.Errors;

/// <summary>Metadata of an endpoint that people open: how it shows an error to a browser; programs read the protocol's shape.</summary>
/// <param name="ShowAsync">Shows it; the status is set. False: the protocol's shape will do.</param>
internal sealed record ErrorPage(Func<HttpContext, ApiError, Task<bool>> ShowAsync);

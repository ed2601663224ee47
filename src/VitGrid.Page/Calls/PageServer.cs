namespace VitGrid.Page.Calls;

/// <summary>
/// The server that shows the page, as the page asks it: its own API, in this process, through every middleware that a request from outside
/// passes, so that keys, scopes, limits, admission and errors are the API's.
/// </summary>
public abstract class PageServer
{
    /// <summary>Sends a request to the API.</summary>
    /// <param name="request">With a path alone as its address.</param>
    /// <param name="peer">Address of the browser for whom it is; null: not known.</param>
    /// <param name="cancellationToken">Gives up, as a client that closes its connection does.</param>
    public abstract Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? peer, CancellationToken cancellationToken);

    /// <summary>Whether a key still opens anything; true where keys are off.</summary>
    public abstract ValueTask<bool> IsKnownAsync(string? key);
}

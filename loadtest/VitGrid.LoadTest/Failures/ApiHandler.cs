namespace VitGrid.LoadTest.Failures;

/// <summary>Sends each request to the api that is the grid's at that moment, as a load balancer before several would.</summary>
/// <param name="current">Tells its address.</param>
internal sealed class ApiHandler(Func<Uri> current) : DelegatingHandler
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new(current(), request.RequestUri!.PathAndQuery);
        return base.SendAsync(request, cancellationToken);
    }
}

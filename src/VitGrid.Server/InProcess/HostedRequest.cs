using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace VitGrid.Server.InProcess;

/// <summary>
/// A request of another application as the grid sees it: the same connection, request and answer, and nothing of what the other one has
/// made of it: its services, endpoint, route, user and items stay its own.
/// </summary>
internal sealed class HostedRequest : FeatureCollection
{
    public HostedRequest(IFeatureCollection request, IServiceProvider services)
        : base(request)
    {
        Set<IServiceProvidersFeature>(new ServiceProvidersFeature { RequestServices = services });
        Set<IEndpointFeature>(new NoEndpoint());
        Set<IRouteValuesFeature>(new RouteValuesFeature());
        Set<IItemsFeature>(new ItemsFeature());
        Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature());
    }

    private sealed class NoEndpoint : IEndpointFeature
    {
        public Endpoint? Endpoint { get; set; }
    }
}

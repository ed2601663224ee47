using Grpc.Core;
using Grpc.Core.Interceptors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.KServe.Rpc;

/// <summary>Ends calls of gRPC that fail with the status of their error, as <see cref="ErrorMiddleware"/> does for HTTP.</summary>
internal sealed class RefusalInterceptor(RequestFailures failures) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception)
        {
            throw RefusalOf(context, exception);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception exception)
        {
            throw RefusalOf(context, exception);
        }
    }

    private RpcException RefusalOf(ServerCallContext context, Exception exception)
    {
        if (exception is RpcException { StatusCode: StatusCode.Unimplemented })
            return new(new Status(StatusCode.Unimplemented, $"{context.Method} is not served; {RemedyFor(context.Method)}"));
        if (exception is RpcException refused)
            return refused;
        if (context.CancellationToken.IsCancellationRequested)
            return new(new Status(StatusCode.Cancelled, "the client left, or its deadline passed"));
        HttpContext http = context.GetHttpContext();
        ApiError error = ErrorWriter.Prepare(http, failures.ErrorOf(http, exception));
        return RpcStatus.ToException(error);
    }

    private static string RemedyFor(string method) => method.EndsWith("ModelStreamInfer", StringComparison.Ordinal)
        ? "send each request as a ModelInfer of its own, several side by side" : "reflection tells what is";
}

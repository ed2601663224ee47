using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Polly;
using Polly.Retry;

namespace VitGrid.Client;

/// <summary>
/// Repeats what the server refused for the moment (429, 503), after the time that its <c>Retry-After</c> names or else a growing one, and
/// what never reached it. An embedding changes nothing on the server, so that a POST may be repeated; a body that can be read only once
/// may not. A refusal for longer than <see cref="VitGridClientOptions.MaxRetryDelay"/> is the caller's.
/// </summary>
internal sealed class RetryHandler : DelegatingHandler
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);
    private static readonly ResiliencePropertyKey<HttpRequestMessage> Request = new("VitGrid.Request");

    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;
    private readonly TimeSpan _maxDelay;
    private readonly TimeProvider _time;

    public RetryHandler(VitGridClientOptions options, TimeProvider time, HttpMessageHandler inner)
        : this(options, time) => InnerHandler = inner;

    public RetryHandler(VitGridClientOptions options, TimeProvider time)
    {
        (_maxDelay, _time) = (options.MaxRetryDelay, time);
        ResiliencePipelineBuilder<HttpResponseMessage> builder = new() { TimeProvider = time };
        _pipeline = options.MaxRetries == 0 ? ResiliencePipeline<HttpResponseMessage>.Empty : builder.AddRetry(new()
        {
            MaxRetryAttempts = options.MaxRetries,
            Delay = FirstDelay,
            MaxDelay = options.MaxRetryDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = arguments => new(IsWorthIt(arguments)),
            DelayGenerator = arguments => new(arguments.Outcome.Result is { } refusal ? Asked(refusal) : null),
        }).Build();
    }

    /// <summary>Whether a body can be sent again from its beginning.</summary>
    internal static bool IsReplayable(HttpContent? body) => body switch
    {
        null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent => true,
        StreamBody stream => stream.CanReplay,
        MultipartContent parts => parts.All(IsReplayable),
        _ => false,
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        try
        {
            context.Properties.Set(Request, request);
            return await _pipeline.ExecuteAsync(
                static async (context, send) => await send.Handler.SendOnceAsync(send.Request, context.CancellationToken)
                    .ConfigureAwait(false),
                context,
                (Handler: this, Request: request)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.SendAsync(request, cancellationToken);

    private bool IsWorthIt(RetryPredicateArguments<HttpResponseMessage> arguments)
    {
        // No connection was opened, so that no byte of any body was read.
        if (arguments.Outcome.Exception is { } exception)
            return exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
        return arguments.Outcome.Result is { StatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable } refusal
            && (Asked(refusal) ?? TimeSpan.Zero) <= _maxDelay
            && arguments.Context.Properties.TryGetValue(Request, out HttpRequestMessage? request)
            && IsReplayable(request.Content);
    }

    /// <summary>How long the server asks to wait; null where it does not say.</summary>
    private TimeSpan? Asked(HttpResponseMessage refusal)
    {
        RetryConditionHeaderValue? header = refusal.Headers.RetryAfter;
        TimeSpan? wait = header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}

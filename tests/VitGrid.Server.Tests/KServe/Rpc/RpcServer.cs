using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Server.Api.KServe.Rpc;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.KServe.Rpc;

/// <summary>A front end with an address for gRPC, and a client of it that was generated from the published protocol.</summary>
internal sealed class RpcServer : IAsyncDisposable
{
    private readonly GrpcChannel _channel;

    private RpcServer(TestApi door)
    {
        Door = door;
        Url = door.App.Urls.Last();
        _channel = GrpcChannel.ForAddress(Url, new() { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        Client = new(_channel);
    }

    public TestApi Door { get; }

    public string Url { get; }

    public GrpcChannel Channel => _channel;

    public GRPCInferenceService.GRPCInferenceServiceClient Client { get; }

    public static async Task<RpcServer> OpenAsync(
        ServerOptions? options = null, FakeGrid? grid = null, Action<IServiceCollection>? services = null) =>
        new(await TestApi.OpenAsync((options ?? new()) with { Grpc = new() { Url = "http://127.0.0.1:0" } }, grid, services));

    /// <summary>Whatever a server of another test's making serves over gRPC.</summary>
    public static RpcServer Of(TestApi door) => new(door);

    /// <summary>A request for the vectors of image files, raw as clients send them.</summary>
    public static ModelInferRequest Request(params byte[][] images)
    {
        using MemoryStream raw = new();
        foreach (byte[] image in images)
        {
            raw.Write(BitConverter.GetBytes(image.Length));
            raw.Write(image);
        }
        return new()
        {
            ModelName = "internvit-nano",
            Id = "one",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "BYTES", Shape = { images.Length, 1 } } },
            RawInputContents = { ByteString.CopyFrom(raw.ToArray()) },
        };
    }

    /// <summary>The numbers of an answer's tensor.</summary>
    public static float[] Numbers(ModelInferResponse response, int output = 0)
    {
        byte[] raw = response.RawOutputContents[output].ToByteArray();
        float[] numbers = new float[raw.Length / sizeof(float)];
        Buffer.BlockCopy(raw, 0, numbers, 0, raw.Length);
        return numbers;
    }

    /// <summary>Checks the status of a call that is refused, and that its message holds every one of the words.</summary>
    public static async Task<RpcException> RefusedAsync(AsyncUnaryCall<ModelInferResponse> call, StatusCode status, params string[] words)
    {
        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.True(exception.StatusCode == status, $"{exception.Status}, expected {status}");
        Assert.All(words, word => Assert.Contains(word, exception.Status.Detail, StringComparison.Ordinal));
        return exception;
    }

    /// <summary>Posts a message to a method by hand, an empty one by default, and reads its status wherever it stands.</summary>
    /// <param name="method">The method's path.</param>
    /// <param name="key">An API key.</param>
    /// <param name="contentType">What it claims to be.</param>
    /// <param name="message">What is sent.</param>
    /// <param name="deadline">Told to the server alone: the client stays.</param>
    public async Task<(int Http, string Status)> PostAsync(
        string method, string? key = null, string contentType = "application/grpc", IMessage? message = null, TimeSpan? deadline = null)
    {
        byte[] bytes = message?.ToByteArray() ?? [], length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Url + method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, .. length, .. bytes]),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (deadline is { } left)
            request.Headers.TryAddWithoutValidation("grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{left.TotalSeconds:0}S"));
        if (key is not null)
            request.Headers.TryAddWithoutValidation("authorization", $"Bearer {key}");
        using HttpResponseMessage response = await http.SendAsync(request);
        _ = await response.Content.ReadAsByteArrayAsync();
        string status = string.Concat(
            response.Headers.TryGetValues("grpc-status", out IEnumerable<string>? early) ? early
            : response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? late) ? late : []);
        return ((int)response.StatusCode, status);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Door.DisposeAsync();
    }
}

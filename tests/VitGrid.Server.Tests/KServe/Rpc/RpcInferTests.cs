using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.KServe.Rpc;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Shutdown;
using VitGrid.Server.Tests.Api;
using VitGrid.Server.Tests.Protocols;

namespace VitGrid.Server.Tests.KServe.Rpc;

/// <summary><c>ModelInfer</c> over gRPC, by a client that was generated from the published protocol.</summary>
public sealed class RpcInferTests
{
    private static readonly byte[][] Two = [FakeGrid.Image(1), FakeGrid.Image(2)];

    [Fact]
    public async Task Vectors_are_those_of_http_to_the_bit_however_the_tensor_is_sent()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        Answer openAi = await server.Door.JsonAsync(new { input = Two.Select(Convert.ToBase64String) });
        ModelInferRequest listed = RpcServer.Request(Two);
        listed.RawInputContents.Clear();
        listed.Inputs[0].Contents = new() { BytesContents = { Two.Select(ByteString.CopyFrom) } };
        foreach (ModelInferRequest request in (ModelInferRequest[])[RpcServer.Request(Two), listed])
        {
            AsyncUnaryCall<ModelInferResponse> call = server.Client.ModelInferAsync(request, new Metadata { { "x-request-id", "rpc-1" } });
            ModelInferResponse response = await call;
            Assert.Equal(("internvit-nano", "1", "one"), (response.ModelName, response.ModelVersion, response.Id));
            Assert.Equal(("embedding", "FP32"), (response.Outputs[0].Name, response.Outputs[0].Datatype));
            Assert.Equal([2, FakeGrid.Width], response.Outputs[0].Shape);
            Assert.Equal([.. openAi.Vector(0), .. openAi.Vector(1)], RpcServer.Numbers(response));
            Metadata headers = await call.ResponseHeadersAsync;
            Assert.Equal(("rpc-1", "hit=0,miss=2"), (headers.GetValue("x-request-id"), headers.GetValue("x-vitgrid-cache")));
        }
    }

    [Fact]
    public async Task Hidden_states_come_with_the_vectors()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        ModelInferRequest request = RpcServer.Request(Two);
        request.Outputs.Add([new() { Name = "embedding" }, new() { Name = "last_hidden_state" }]);
        ModelInferResponse response = await server.Client.ModelInferAsync(request);
        Assert.Equal([2, FakeGrid.Tokens, FakeGrid.Width], response.Outputs[1].Shape);
        Assert.Equal(2 * FakeGrid.Tokens * FakeGrid.Width, RpcServer.Numbers(response, 1).Length);
        Assert.Equal(2 * FakeGrid.Width, RpcServer.Numbers(response).Length);
    }

    [Fact]
    public async Task A_compressed_message_is_inflated_within_the_bound_of_a_body()
    {
        await using RpcServer server = await RpcServer.OpenAsync(new() { Http = new() { MaxBodyBytes = 20_000 } });
        CallOptions gzip = new(new Metadata { { "grpc-internal-encoding-request", "gzip" } });
        Assert.Equal(2, (await server.Client.ModelInferAsync(RpcServer.Request(Two), gzip)).Outputs[0].Shape[0]);
        await RpcServer.RefusedAsync(
            server.Client.ModelInferAsync(RpcServer.Request(new byte[1_000_000]), gzip), StatusCode.ResourceExhausted);
        await RpcServer.RefusedAsync(
            server.Client.ModelInferAsync(RpcServer.Request(new byte[1_000_000])), StatusCode.ResourceExhausted, "20,000", "MaxBodyBytes");
    }

    [Fact]
    public async Task What_bodies_hold_is_counted_while_they_are_read_and_given_back()
    {
        await using RpcServer server = await RpcServer.OpenAsync(
            new() { Http = new() { MaxBodyBytes = 4_000_000, MaxBufferedBytes = 4_000_000, MaxClientBytes = 4_000_000 } });
        BodyMemory memory = server.Door.App.Services.GetRequiredService<BodyMemory>();
        long held = 0;
        server.Door.Grid.Answer = (request, _) =>
        {
            held = memory.Held;
            return Task.FromResult(FakeGrid.Result(FakeGrid.VectorOf(request.Image.Span)));
        };
        await server.Client.ModelInferAsync(RpcServer.Request(new byte[500_000]));
        Assert.InRange(held, 500_000, 2_000_000);
        Assert.Equal(0, memory.Held);
        await RpcServer.RefusedAsync(
            server.Client.ModelInferAsync(RpcServer.Request(new byte[3_900_000])), StatusCode.ResourceExhausted, "would hold");
        Assert.Equal(0, memory.Held);
    }

    [Fact]
    public async Task The_smallest_of_timeout_and_deadline_goes_to_the_grid()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        ModelInferRequest request = RpcServer.Request(FakeGrid.Image(1));
        await server.Client.ModelInferAsync(request, deadline: DateTime.UtcNow.AddSeconds(30));
        request.Parameters["timeout"] = new() { Int64Param = 2_000_000 };
        await server.Client.ModelInferAsync(request, deadline: DateTime.UtcNow.AddSeconds(30));
        EmbeddingRequest[] asked = [.. server.Door.Grid.Asked];
        Assert.InRange(asked[0].Timeout!.Value.TotalSeconds, 1, 30);
        Assert.Equal(2, asked[1].Timeout!.Value.TotalSeconds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_past_its_deadline_is_given_up_whether_or_not_the_client_knows_it(bool isKnown)
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        // The first call connects and has everything compiled: that is not to take the deadline of the next.
        await server.Client.ModelInferAsync(RpcServer.Request(Two));
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Door.Grid.Answer = async (_, token) =>
        {
            token.Register(() => cancelled.TrySetResult());
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new InvalidOperationException("nobody waits for it");
        };
        // On a busy machine a call may be given up before it has come to the grid: then the next has longer.
        for (int seconds = 2; !asked.Task.IsCompleted && seconds <= 32; seconds *= 2)
            await DemandLateAsync(server, TimeSpan.FromSeconds(seconds), isKnown);
        Assert.True(asked.Task.IsCompleted);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task DemandLateAsync(RpcServer server, TimeSpan deadline, bool isKnown)
    {
        ModelInferRequest request = RpcServer.Request(Two);
        if (isKnown)
        {
            await RpcServer.RefusedAsync(
                server.Client.ModelInferAsync(request, deadline: DateTime.UtcNow + deadline), StatusCode.DeadlineExceeded);
            return;
        }
        (int http, string status) = await server.PostAsync(
            "/inference.GRPCInferenceService/ModelInfer", message: request, deadline: deadline).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((200, $"{(int)StatusCode.DeadlineExceeded}"), (http, status));
    }

    [Theory]
    [InlineData(GridFault.ModelLoading, StatusCode.Unavailable)]
    [InlineData(GridFault.ModelNotFound, StatusCode.NotFound)]
    [InlineData(GridFault.Overloaded, StatusCode.ResourceExhausted)]
    [InlineData(GridFault.DeadlineExceeded, StatusCode.DeadlineExceeded)]
    [InlineData(GridFault.ImageBreaksDevices, StatusCode.FailedPrecondition)]
    [InlineData(GridFault.SegmentFailed, StatusCode.Internal)]
    public async Task A_refusal_of_the_grid_is_a_status(GridFault fault, StatusCode status)
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        server.Door.Grid.Answer = (_, _) => Task.FromException<EmbeddingResult>(
            new GridException(fault, "what, limit, remedy é 100 %") { RetryAfter = TimeSpan.FromSeconds(7) });
        RpcException refused = await RpcServer.RefusedAsync(
            server.Client.ModelInferAsync(RpcServer.Request(Two)), status, "what, limit, remedy é 100 %");
        if (fault == GridFault.Overloaded)
            Assert.Equal("7", refused.Trailers.GetValue("retry-after"));
    }

    [Fact]
    public async Task A_defect_is_told_without_its_text_and_logged()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        server.Door.Grid.Answer = (_, _) => throw new InvalidOperationException("secret detail");
        RpcException refused = await RpcServer.RefusedAsync(server.Client.ModelInferAsync(RpcServer.Request(Two)), StatusCode.Internal);
        Assert.DoesNotContain("secret", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(server.Door.Logs.Lines, line => line.Message.Contains("failed unexpectedly", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Calls_are_timed_by_their_method_and_refusals_by_their_code()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        using Measurements measurements = new(server.Door);
        server.Door.Grid.Answer = (_, _) => Task.FromException<EmbeddingResult>(new ImageException(ImageFault.TooLarge, "too large"));
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(RpcServer.Request(Two)), StatusCode.ResourceExhausted);
        await server.Door.App.StopAsync();
        Assert.Equal(["/inference.GRPCInferenceService/ModelInfer"], measurements.From("vitgrid.request.duration", "endpoint"));
        Assert.Equal(["413"], measurements.From("vitgrid.request.duration", "code"));
        Assert.Equal(["image_too_large"], measurements.From("vitgrid.rejected", "reason"));
    }

    [Fact]
    public async Task Nothing_is_let_in_while_the_process_drains_and_what_is_inside_is_answered()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<EmbeddingResult> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Door.Grid.Answer = (_, _) =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        AsyncUnaryCall<ModelInferResponse> inside = server.Client.ModelInferAsync(RpcServer.Request(FakeGrid.Image(1)));
        await asked.Task;
        Task drained = server.Door.App.Services.GetRequiredService<DrainGate>().DrainAsync();
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(RpcServer.Request(Two)), StatusCode.Unavailable, "shutting down");
        Assert.False((await server.Client.ServerReadyAsync(new())).Ready);
        answer.SetResult(FakeGrid.Result(FakeGrid.VectorOf(FakeGrid.Image(1))));
        Assert.Equal(1, (await inside).Outputs[0].Shape[0]);
        await drained;
    }

    [Fact]
    public async Task Requests_that_are_none_are_refused_by_name()
    {
        await using RpcServer server = await RpcServer.OpenAsync();
        ModelInferRequest other = RpcServer.Request(Two), version = RpcServer.Request(Two), both = RpcServer.Request(Two);
        ModelInferRequest raw = RpcServer.Request(Two), classes = RpcServer.Request(Two), empty = RpcServer.Request(Two);
        other.ModelName = "other";
        version.ModelVersion = "2";
        both.Inputs[0].Contents = new();
        raw.RawInputContents.Add(ByteString.Empty);
        classes.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor
        {
            Name = "embedding",
            Parameters = { ["classification"] = new() { Int64Param = 3 } },
        });
        empty.RawInputContents.Clear();
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(other), StatusCode.NotFound, "'other'");
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(version), StatusCode.NotFound, "version '2'");
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(both), StatusCode.InvalidArgument, "contents");
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(raw), StatusCode.InvalidArgument, "raw_input_contents");
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(classes), StatusCode.InvalidArgument, "classification");
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(empty), StatusCode.InvalidArgument, "no data");
        await RpcServer.RefusedAsync(server.Client.ModelInferAsync(new()), StatusCode.InvalidArgument, "inputs");
        Assert.Empty(server.Door.Grid.Asked);
    }
}

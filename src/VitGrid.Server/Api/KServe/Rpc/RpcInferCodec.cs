using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.KServe.Inference;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.KServe.Rpc;

/// <summary>One request for inference over gRPC, and its answer.</summary>
/// <param name="reader">Reads what all ways of inference have in common.</param>
/// <param name="message">The request, in memory that is counted as its body.</param>
/// <param name="remaining">What its transport's deadline leaves it; null: there is none.</param>
internal sealed class RpcInferCodec(InferReader reader, ModelInferRequest message, TimeSpan? remaining) : EmbeddingCodec
{
    private InferRequest? _request;

    /// <summary>The answer, once it was written.</summary>
    public ModelInferResponse Response { get; } = new();

    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken)
    {
        ServedModel.DemandVersion(message.ModelName, message.ModelVersion);
        RequestNotes notes = new();
        _request = Request();
        // Images lie in the message; what little is made beside it is held here.
        using SharedBuffer buffer = SharedBuffer.Rent(1, BodyShare.Unbounded);
        return Task.FromResult(reader.Read(request.HttpContext, message.ModelName, _request, remaining, buffer, notes, admit));
    }

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer)
    {
        Response.Id = message.Id;
        Response.ModelName = answer.Model.Name;
        Response.ModelVersion = ModelInPath.Version;
        foreach (OutputTensor output in OutputTensor.From(_request!.Outputs, answer))
        {
            Response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor
            {
                Name = output.Name,
                Datatype = TensorType.Single,
                Shape = { output.Shape },
            });
            Response.RawOutputContents.Add(Joined(output));
        }
        return Task.CompletedTask;
    }

    /// <summary>Copied: an answer goes out when its features are given back.</summary>
    private static ByteString Joined(OutputTensor output)
    {
        byte[] bytes = new byte[output.Bytes];
        int at = 0;
        foreach (ReadOnlyMemory<byte> piece in output.Content)
        {
            piece.CopyTo(bytes.AsMemory(at));
            at += piece.Length;
        }
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private InferRequest Request()
    {
        int raw = message.RawInputContents.Count;
        if (raw > 0 && raw != message.Inputs.Count)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the request has {message.Inputs.Count} inputs and {raw} raw_input_contents; send one for each input, or none", "inputs");
        }
        return new(
            message.Id, Parameters(message.Parameters),
            [.. message.Inputs.Select((input, i) => new InferInput(
                input.Name, input.Datatype, input.Shape, Parameters(input.Parameters), ContentOf(input, i)))],
            [.. message.Outputs.Select(output => new InferOutput(output.Name, Parameters(output.Parameters)))]);
    }

    private TensorContent? ContentOf(ModelInferRequest.Types.InferInputTensor input, int index)
    {
        if (message.RawInputContents.Count == 0)
            return input.Contents is { } contents ? new ListedContent(contents) : null;
        return input.Contents is null ? new BinaryContent(message.RawInputContents[index].Memory) : throw new ApiException(
            ApiCode.InvalidRequest,
            $"input '{Quote.Short(input.Name)}' has contents, and the request has raw_input_contents; send one of them", "inputs");
    }

    private static Saying[] Parameters(MapField<string, InferParameter> parameters) =>
        [.. parameters.Select(parameter => SayingOf(parameter.Key, parameter.Value))];

    private static Saying SayingOf(string name, InferParameter value) => value.ParameterChoiceCase switch
    {
        InferParameter.ParameterChoiceOneofCase.BoolParam =>
            new(name, value.BoolParam ? "true" : "false", "parameters", value.BoolParam ? JsonValueKind.True : JsonValueKind.False),
        InferParameter.ParameterChoiceOneofCase.StringParam => new(name, value.StringParam, "parameters", JsonValueKind.String),
        InferParameter.ParameterChoiceOneofCase.Int64Param => Number(name, value.Int64Param),
        InferParameter.ParameterChoiceOneofCase.Uint64Param => Number(name, value.Uint64Param),
        InferParameter.ParameterChoiceOneofCase.DoubleParam => Number(name, value.DoubleParam),
        _ => new(name, null, "parameters", JsonValueKind.Null),
    };

    private static Saying Number(string name, IFormattable value) =>
        new(name, value.ToString(null, CultureInfo.InvariantCulture), "parameters", JsonValueKind.Number);
}

/// <summary>A tensor as a list of its datatype.</summary>
internal sealed class ListedContent(InferTensorContents contents) : TensorContent
{
    public override IReadOnlyList<ImageInput> ReadPlanes(PlaneTensor tensor, SharedBuffer buffer, out SharedBuffer? numbers)
    {
        numbers = null;
        float[] planes = [.. contents.Fp32Contents];
        return planes.Length == tensor.All
            ? tensor.Split(MemoryMarshal.AsBytes(planes.AsSpan()).ToArray(), buffer, isHalf: false)
            : throw new ApiException(ApiCode.InvalidRequest,
                $"fp32_contents of input '{tensor.Name}' has {planes.Length} elements where there are {tensor.All} by its shape; send as "
                    + "many elements as the shape says", tensor.Name);
    }

    public override IReadOnlyList<ImageInput> ReadImages(string name, int count, SharedBuffer buffer) =>
        contents.BytesContents.Count == count
            ? [.. contents.BytesContents.Select((bytes, i) => ImageElement.Read(bytes.Memory, BinaryContent.Name(name, i), buffer))]
            : throw new ApiException(ApiCode.InvalidRequest,
                $"bytes_contents of input '{name}' has {contents.BytesContents.Count} elements where there are {count} by its shape; send "
                    + "as many elements as the shape says", name);
}

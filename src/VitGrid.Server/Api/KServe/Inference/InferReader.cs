using System.Collections.Frozen;
using System.Globalization;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.KServe.Models;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary>
/// Makes of a request for inference what every protocol's requests are made of: fields and images. Its parameters are the fields of
/// <c>POST /v1/embeddings</c>, beside KServe's own.
/// </summary>
internal sealed class InferReader(HttpOptions limits)
{
    /// <summary>The longest time a request may name.</summary>
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);

    private static readonly FieldSet Fields = new(
        FrozenSet.Create(StringComparer.Ordinal,
            "dimensions", "pooling", "layer", "normalize", "priority", "timeout_ms", "cache", "preprocess", "exif"),
        new Dictionary<string, (string[], string)>
        {
            ["sequence_id"] = (["0", ""], "each request stands alone: leave it out"),
            ["encoding_format"] = ([], "name outputs with binary_data"),
            ["embedding_type"] = (["float"], "the output 'embedding' is FP32: ask POST /v1/embeddings for another"),
            ["on_error"] = (["fail"], "a tensor has no room for an error: leave it out"),
        });

    /// <summary>Reads a request whose tensors are there.</summary>
    /// <param name="context">The request that it came with.</param>
    /// <param name="model">The model it names.</param>
    /// <param name="request">What it says.</param>
    /// <param name="deadline">The time that its transport gives it; null: none.</param>
    /// <param name="buffer">What its images lie in.</param>
    /// <param name="notes">Is told what is not read.</param>
    /// <param name="admit">Sees the fields before an image is read.</param>
    /// <exception cref="ApiException">The request is refused.</exception>
    public ParsedRequest Read(
        HttpContext context, string model, InferRequest request, TimeSpan? deadline, SharedBuffer buffer, RequestNotes notes,
        Action<EmbeddingFields> admit)
    {
        bool wantsState = WantsState(context.Caller(), request.Outputs);
        EmbeddingFields fields = FieldsOf(request.Parameters, notes) with { Model = model };
        fields = fields with
        {
            Timeout = Least(Least(fields.Timeout, TimeoutOf(request.Parameters)), deadline),
            // Hidden states are in no cache, so that a full grid refuses a request for them before its images are read.
            Cache = wantsState ? CacheUse.Bypass : fields.Cache,
        };
        InferInput input = InputOf(request.Inputs, notes);
        admit(fields);
        if (wantsState)
            fields = fields with { Features = StateOf(context.Features.Get<ModelInfo>()!, fields.Layer) };
        SharedBuffer? numbers = null;
        IReadOnlyList<ImageInput> images = input.Name == TensorFacts.Image
            ? ImagesOf(input, buffer) : PlanesOf(input, fields, context.Features.Get<ModelInfo>()!, buffer, out numbers);
        return new(fields, images, buffer) { Notes = notes, Numbers = numbers };
    }

    private static EmbeddingFields FieldsOf(IReadOnlyList<Saying> parameters, RequestNotes notes)
    {
        RequestFields fields = new(Fields);
        foreach (Saying said in parameters)
        {
            // Triton's priority is a number of its queues, of which there are none here.
            if (said is { Name: "priority", Kind: System.Text.Json.JsonValueKind.Number })
                notes.Unread("parameters.priority");
            else if (said.Name is not ("timeout" or "binary_data_output" or "sequence_start" or "sequence_end"))
                fields.Add(said.Name, said.Text, said.Place, said.Kind);
        }
        return fields.Read(notes);
    }

    /// <summary>KServe's own, in microseconds; 0: none.</summary>
    private static TimeSpan? TimeoutOf(IReadOnlyList<Saying> parameters)
    {
        if (parameters.FirstOrDefault(said => said.Name == "timeout") is not { Name: not null } said)
            return null;
        if (!long.TryParse(said.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long microseconds)
            || microseconds < 0 || microseconds > MaxTimeout.TotalMicroseconds)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"timeout is '{Quote.Short(said.Text)}' (microseconds); it takes 0, for none, to {MaxTimeout.TotalMicroseconds:0}",
                "timeout");
        }
        return microseconds == 0 ? null : TimeSpan.FromMicroseconds(microseconds);
    }

    private static TimeSpan? Least(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other ?? one : one;

    private static bool WantsState(Caller caller, IReadOnlyList<InferOutput> outputs)
    {
        bool wants = false;
        foreach (InferOutput output in outputs)
        {
            wants |= output.Name == TensorFacts.LastHiddenState;
            if (outputs.Count(other => other.Name == output.Name) > 1)
                throw Refused($"output '{Quote.Short(output.Name)}' is named more than once; name it once", output.Name);
            if (output.Name is not (TensorFacts.Embedding or TensorFacts.LastHiddenState))
                throw Refused($"there is no output '{Quote.Short(output.Name)}'; there are embedding and last_hidden_state", output.Name);
            RefuseMemory(output.Parameters, $"output '{output.Name}'");
            if (output.Parameters.FirstOrDefault(said => said.Name == "classification") is { Text: not (null or "0") } said)
            {
                throw Refused($"classification of output '{output.Name}' is {Quote.Short(said.Text)}, which is not served: a vector has no "
                    + "classes; leave it out", output.Name);
            }
        }
        if (wants && !caller.Has(Scopes.Features))
        {
            throw new ApiException(ApiCode.ScopeMissing,
                $"'{caller.Name}' has the scopes {AccessWords.Format(caller.Scopes)}; the output 'last_hidden_state' needs "
                    + $"{AccessWords.Format(Scopes.Features)}: use a key that has it");
        }
        return wants;
    }

    private static FeatureFields StateOf(ModelInfo model, int layer)
    {
        if (layer != -1 && layer != model.Architecture.Depth)
            throw Refused($"layer is {layer}, and the output last_hidden_state is of the last one; ask for it with layer -1", "layer");
        FeatureShape shape = model.FeatureShape;
        return new()
        {
            Parts = FeatureParts.Patches
                | (shape.ClassTokens > 0 ? FeatureParts.Cls : FeatureParts.None)
                | (shape.Registers > 0 ? FeatureParts.Registers : FeatureParts.None),
        };
    }

    private static InferInput InputOf(IReadOnlyList<InferInput> inputs, RequestNotes notes)
    {
        if (inputs is not [{ } input])
            throw Refused($"the request has {inputs.Count} inputs; send one, 'image' or 'pixel_values'", "inputs");
        string[] taken = input.Name switch
        {
            TensorFacts.Image => [TensorType.Bytes],
            TensorFacts.PixelValues => [TensorType.Single, TensorType.Half],
            _ => throw Refused(
                $"there is no input '{Quote.Short(input.Name)}'; there are 'image' (BYTES) and 'pixel_values' (FP32, FP16)", "inputs"),
        };
        if (!taken.Contains(input.Datatype))
        {
            throw Refused(
                $"input '{input.Name}' has datatype '{Quote.Short(input.Datatype)}'; send {string.Join(" or ", taken)}", input.Name);
        }
        RefuseMemory(input.Parameters, $"input '{input.Name}'");
        foreach (Saying said in input.Parameters.Where(said => said.Name != "binary_data_size"))
            notes.Unread($"{input.Name}.parameters.{said.Name}");
        return input.Content is not null ? input : throw Refused(
            $"input '{input.Name}' has no data; send data, or binary_data_size with the bytes behind the JSON", input.Name);
    }

    private IReadOnlyList<ImageInput> ImagesOf(InferInput input, SharedBuffer buffer) =>
        input.Content!.ReadImages(input.Name, CountOf(input), buffer);

    private IReadOnlyList<ImageInput> PlanesOf(
        InferInput input, EmbeddingFields fields, ModelInfo model, SharedBuffer buffer, out SharedBuffer? numbers)
    {
        (int height, int width) = (model.InputSize.Height, model.InputSize.Width);
        if (input.Shape is not [> 0 and var count, 3, var rows, var columns] || rows != height || columns != width
            || count > limits.MaxInputs)
        {
            throw Refused(
                $"shape of input '{input.Name}' is [{string.Join(", ", input.Shape)}]; model '{model.Name}' takes "
                    + $"[N, 3, {height}, {width}] of N images, 1 to {limits.MaxInputs}", input.Name);
        }
        if (fields.Preprocess is not null || fields.Exif is not null)
            throw Refused($"preprocess and exif are for image files; input '{input.Name}' is prepared already", input.Name);
        PlaneTensor tensor = new(input.Name, input.Datatype == TensorType.Half, (int)count, model.InputSize.SampleCount);
        return input.Content!.ReadPlanes(tensor, buffer, out numbers);
    }

    /// <summary>The batch of [N] or [N, 1].</summary>
    private int CountOf(InferInput input)
    {
        bool isList = input.Shape is [> 0] or [> 0, 1];
        if (!isList || input.Shape[0] > limits.MaxInputs)
        {
            throw Refused(
                $"shape of input 'image' is [{string.Join(", ", input.Shape)}]; send [N] or [N, 1] of N images, 1 to {limits.MaxInputs}",
                "image");
        }
        return (int)input.Shape[0];
    }

    private static void RefuseMemory(IReadOnlyList<Saying> parameters, string tensor)
    {
        if (parameters.Any(said => said.Name.StartsWith("shared_memory_", StringComparison.Ordinal)))
            throw Refused($"{tensor} names a region of shared memory; {UnservedEndpoint.SharedMemory}", "inputs");
    }

    private static ApiException Refused(string message, string param) => new(ApiCode.InvalidRequest, message, param);
}

using System.Text.Json;
using Microsoft.Extensions.AI;

namespace VitGrid.Client;

/// <summary>A client as Microsoft.Extensions.AI calls it, for one kind of input.</summary>
internal sealed class EmbeddingGenerator<TInput>(VitGridClient client, string? model, int? dimensions, Func<TInput, EmbeddingInput> read)
    : IEmbeddingGenerator<TInput, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new("vitgrid", client.Endpoint, model ?? client.Model, dimensions);

    /// <inheritdoc/>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        EmbeddingInput[] inputs = [.. values.Select(read)];
        if (inputs.Length == 0)
            return [];
        EmbeddingsRequest request = VitGridClient.Vectors(GenerationOptions.ToRequest(options, this, model), inputs, "fail");
        EmbeddingsResponse answer = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        DateTimeOffset created = DateTimeOffset.FromUnixTimeSeconds(answer.Created);
        return new(AnswerReader.Vectors(answer, inputs.Length).Select(
            vector => new Embedding<float>(vector) { ModelId = answer.Model, CreatedAt = created }))
        {
            Usage = new()
            {
                InputTokenCount = answer.Usage.PromptTokens,
                TotalTokenCount = answer.Usage.TotalTokens,
                AdditionalCounts = new() { ["images"] = answer.Usage.Images },
            },
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(VitGridClient) ? client
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Does nothing: the client is its owner's.</summary>
    public void Dispose()
    {
    }
}

/// <summary>Options of Microsoft.Extensions.AI as a request of VitGrid.</summary>
internal static class GenerationOptions
{
    private const string Known =
        "pooling, layer, normalize, priority, timeout_ms, cache, preprocess, exif, truncate, prompt_template, user";

    /// <summary>The request without its inputs; what the options name themselves goes before what their factory makes.</summary>
    /// <exception cref="ArgumentException">A property is not known, or its value is of another kind.</exception>
    public static EmbeddingsRequest ToRequest(EmbeddingGenerationOptions? options, IEmbeddingGenerator generator, string? model)
    {
        EmbeddingsRequest request = options?.RawRepresentationFactory?.Invoke(generator) switch
        {
            null => new(),
            EmbeddingsRequest made => made,
            object other => throw new ArgumentException(
                $"RawRepresentationFactory made a {other.GetType()}; let it make an {nameof(EmbeddingsRequest)}", nameof(options)),
        };
        foreach ((string name, object? value) in options?.AdditionalProperties ?? [])
            request = With(request, name, value);
        return request with
        {
            Model = options?.ModelId ?? request.Model ?? model,
            Dimensions = options?.Dimensions ?? request.Dimensions,
        };
    }

    private static EmbeddingsRequest With(EmbeddingsRequest request, string name, object? value) => name switch
    {
        "pooling" => request with { Pooling = Text(name, value) },
        "layer" => request with { Layer = Number(name, value) },
        "normalize" => request with { Normalize = Flag(name, value) },
        "priority" => request with { Priority = Text(name, value) },
        "timeout_ms" => request with { TimeoutMs = Number(name, value) },
        "cache" => request with { Cache = Text(name, value) },
        "preprocess" => request with { Preprocess = Text(name, value) },
        "exif" => request with { Exif = Text(name, value) },
        "truncate" => request with { Truncate = Text(name, value) },
        "prompt_template" => request with { PromptTemplate = Text(name, value) },
        "user" => request with { User = Text(name, value) },
        _ => throw new ArgumentException($"the additional property '{name}' is not known; known are {Known}"),
    };

    private static string? Text(string name, object? value) => value switch
    {
        null => null,
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } element => element.GetString(),
        _ => throw Odd(name, value, "a string"),
    };

    private static int? Number(string name, object? value) => value switch
    {
        null => null,
        int number => number,
        long number and >= int.MinValue and <= int.MaxValue => (int)number,
        JsonElement { ValueKind: JsonValueKind.Number } element when element.TryGetInt32(out int number) => number,
        _ => throw Odd(name, value, "a whole number"),
    };

    private static bool? Flag(string name, object? value) => value switch
    {
        null => null,
        bool flag => flag,
        JsonElement { ValueKind: JsonValueKind.True or JsonValueKind.False } element => element.GetBoolean(),
        _ => throw Odd(name, value, "true or false"),
    };

    private static ArgumentException Odd(string name, object value, string wanted) =>
        new($"the additional property '{name}' is '{value}' ({value.GetType().Name}); give {wanted}");
}

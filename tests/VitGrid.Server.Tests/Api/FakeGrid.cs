using System.Collections.Concurrent;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Server.Api;
using VitGrid.Server.Tests.Api.Features;

namespace VitGrid.Server.Tests.Api;

/// <summary>Stands where the grid stands: remembers what it was asked and answers what a test says.</summary>
internal sealed class FakeGrid
{
    public const int Width = 8;
    public const int Depth = 4;
    public const int Tokens = 65;

    public ConcurrentQueue<EmbeddingRequest> Asked { get; } = new();

    public IReadOnlyList<ModelInfo> Models { get; set; } = [Model("internvit-nano")];

    public Func<EmbeddingRequest, CancellationToken, Task<EmbeddingResult>> Answer { get; set; } =
        (request, _) => Task.FromResult(
            request.Features is null ? Result(VectorOf(request.Image.Span)) : PlayedFeatures.Result(request, 0, Model(request.Model)));

    /// <summary>What the front end is told of this process's readiness; null: what its models say.</summary>
    public GridReadiness? Readiness { get; init; }

    /// <summary>This process in the grid; null: not told.</summary>
    public NodeDescription? Node { get; init; }

    /// <summary>What the front end is told of a full grid; null: it has room.</summary>
    public GridException? Foreseen { get; init; }

    public GridGateway TestApi =>
        new(EmbedAsync, () => Models, [ExecutionBackends.Processor, ExecutionBackends.Processor with { Ordinal = 1 }])
    {
        Foresee = _ => Foreseen,
        Readiness = () => Readiness ?? GridReadiness.FromModels(Models),
        Node = Node is null ? null : () => Node,
    };

    public Task<EmbeddingResult> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken)
    {
        // Its memory is the request's, and somebody else's after it.
        Asked.Enqueue(request with { Image = request.Image.ToArray(), ImageOwner = null });
        return Answer(request, cancellationToken);
    }

    public static EmbeddingResult Result(float[] vector, bool fromCache = false) => new(vector, fromCache, Tokens,
        new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2.5), TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(4)));

    /// <summary>A vector that only these bytes have.</summary>
    public static float[] VectorOf(ReadOnlySpan<byte> image)
    {
        float[] vector = new float[Width];
        for (int i = 0; i < image.Length; i++)
            vector[i % Width] += (image[i] - 127.5f) * (i + 1) * 0.01f;
        return vector;
    }

    /// <summary>Bytes that stand for an image; each number its own.</summary>
    public static byte[] Image(int number) => [.. Enumerable.Range(0, 48).Select(i => (byte)((i * 31) + (number * 7) + 3))];

    public static ModelInfo Model(string name, ModelState state = ModelState.Ready) => new()
    {
        Name = name,
        Directory = name,
        State = state,
        Failure = state == ModelState.Failed ? "weights are cut off" : null,
        Architecture = new()
        {
            Width = Width,
            Depth = Depth,
            Heads = 2,
            MlpWidth = 16,
            PatchSize = 14,
            ImageSize = 112,
            Norm = NormKind.LayerNorm,
            NormEpsilon = 1e-6f,
            QueryKeyNorm = false,
            QueryKeyNormEpsilon = 1e-6f,
            Interpolation = PositionInterpolation.Original,
        },
        InputSize = InputSize.Square(112),
        Profile = new() { Mode = ResizeMode.Crop, Size = InputSize.Square(112) },
        Preprocessing = new(ResizeMode.Crop, 112, 1.0, ImagePreprocessing.ImageNetMean, ImagePreprocessing.ImageNetStandardDeviation)
        {
            Source = "preprocessor_config.json",
        },
        Precision = Precision.Fp32,
        Arithmetic = "fp32",
        Fingerprint = "0123456789abcdef0123456789abcdef",
        Segments = [new(new BlockRange(0, 2), "cpu:0"), new(new BlockRange(2, 2), "cpu:1")],
    };
}

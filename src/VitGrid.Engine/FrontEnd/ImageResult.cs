using System.Runtime.InteropServices;
using VitGrid.Engine.Caching;
using VitGrid.Engine.Features;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>From what was computed to what caches keep, and from that to what a request is answered. Pure.</summary>
internal static class ImageResult
{
    /// <summary>
    /// What is kept of an image's answers, one for each of its tiles: pooled vectors or visual tokens. Other features are answered as they
    /// are, and beside them the pooled vector where their layer has such a pooling.
    /// </summary>
    public static float[] Kept(PreparedImage image, IReadOnlyList<ImageAnswer> answers, TileGrid grid)
    {
        if (image.Request.Features is not null && !image.KeepsVisualTokens)
        {
            bool hasVector = image.Request.Tiling is null && RefusalText.Pooling(image.Model, image.Layer, image.Pooling) is null;
            return hasVector ? Pool(answers[0], image) : [];
        }
        float[][] inputs = [.. answers.Select(answer => image.KeepsVisualTokens ? Tokens(answer.Features!) : Pool(answer, image))];
        return image.Request.Tiling is null ? inputs[0] : TiledVector.Pack(grid, [.. inputs.Select(input => input.AsMemory())]);
    }

    /// <summary>What is answered.</summary>
    /// <exception cref="GridException">A number is beyond the type that was asked for, or what was kept is none.</exception>
    public static EmbeddingResult From(PreparedImage image, Computed computed, EmbeddingTimings timings)
    {
        EmbeddingRequest request = image.Request;
        (ReadOnlyMemory<float>[] inputs, TileGrid grid) = Inputs(image, computed);
        bool areVectors = request.Features is null;
        ReadOnlyMemory<float> vector = (areVectors, request.Tiling) switch
        {
            (true, null) => computed.Vector,
            (true, _) => TiledVector.Mean(inputs),
            _ => image.KeepsVisualTokens ? default : computed.Vector,
        };
        return new(vector, computed.FromCache, image.Tokens(grid), timings)
        {
            Features = image.KeepsVisualTokens ? Narrowed(inputs, request.Features!.Type) : computed.Features,
            Tiles = areVectors && request.Tiling is not null ? inputs : [],
            Grid = grid,
            Origin = computed.Origin,
        };
    }

    private static (ReadOnlyMemory<float>[] Inputs, TileGrid Grid) Inputs(PreparedImage image, Computed computed)
    {
        if (image.Request.Tiling is null || (image.Request.Features is not null && !image.KeepsVisualTokens))
            return ([computed.Vector], computed.Grid);
        int width = image.KeepsVisualTokens ? image.Model.FeatureShape.VisualNumbers : image.Model.DimensionsOf(image.Pooling);
        return TiledVector.GridOf(computed.Vector, width) is { } grid
            ? (TiledVector.InputsOf(computed.Vector, width), grid)
            : throw new GridException(GridFault.SegmentFailed, $"the tiles of an image are not {width} numbers each");
    }

    /// <summary>
    /// The pooled vector holds the class token, the mean of the patch tokens and the head, as far as the model has them. A part is copied,
    /// so that the cache holds no more than it counts.
    /// </summary>
    private static float[] Pool(ImageAnswer answer, PreparedImage image)
    {
        EncoderArchitecture shape = image.Model.Architecture;
        return answer.ClsThenMean[shape.Poolings.Part(image.Pooling, shape.Width)];
    }

    /// <summary>The tokens of one input in single precision; their block is given back.</summary>
    private static float[] Tokens(FeatureSet features)
    {
        using FeatureSet taken = features;
        float[] tokens = new float[taken.Bytes / sizeof(float)];
        Span<byte> bytes = MemoryMarshal.AsBytes(tokens.AsSpan());
        foreach (ReadOnlyMemory<byte> chunk in taken.Blocks.SelectMany(block => block.Chunks))
        {
            chunk.Span.CopyTo(bytes);
            bytes = bytes[chunk.Length..];
        }
        return tokens;
    }

    private static FeatureSet Narrowed(IEnumerable<ReadOnlyMemory<float>> inputs, FeatureType type)
    {
        List<FeatureBlock> blocks = [];
        try
        {
            foreach (ReadOnlyMemory<float> tokens in inputs)
                blocks.Add(FeatureExtraction.Whole(tokens.Span, type));
            return new(blocks);
        }
        catch (ArithmeticException exception)
        {
            blocks.ForEach(block => block.Dispose());
            throw Refusals.NoFeatures(exception.Message, exception is OverflowException);
        }
    }
}

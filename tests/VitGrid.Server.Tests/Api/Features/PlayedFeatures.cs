using System.Runtime.InteropServices;
using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Model.Segments;

namespace VitGrid.Server.Tests.Api.Features;

/// <summary>Features that a played grid gives out: each number tells its image, layer, token and channel.</summary>
internal static class PlayedFeatures
{
    /// <summary>The result of an image whose hidden states are <see cref="Number"/>.</summary>
    public static EmbeddingResult Result(EmbeddingRequest request, int image, ModelInfo model) => FakeGrid.Result(new float[8]) with
    {
        Features = new([.. request.Features!.Layers.Select(layer => Block(request.Features, image, layer, model.FeatureShape))]),
    };

    /// <summary>One number of a hidden state, exact in half precision.</summary>
    public static float Number(int image, int layer, int token, int channel) =>
        (image * 16) + (layer * 2) + (token / 64f) + (channel / 16f * (token % 2 == 0 ? 1 : -1));

    private static FeatureBlock Block(FeatureOrder order, int image, int layer, FeatureShape shape)
    {
        float[] state = [.. from token in Enumerable.Range(0, shape.Tokens)
                            from channel in Enumerable.Range(0, shape.Width)
                            select Number(image, layer, token, channel)];
        return FeatureExtraction.Extract(MemoryMarshal.AsBytes(state.AsSpan()), ActivationType.Float32, shape, order, layer);
    }
}

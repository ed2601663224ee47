using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Whether an image that another process sent can be one of a model: what passes here shares a batch with others, and must not be able to
/// fail them. Pure.
/// </summary>
internal static class ImageOrderCheck
{
    /// <summary>What is wrong; null when nothing is.</summary>
    public static string? Fault(ImageOrder order, ModelInfo model)
    {
        int bytes = order.Pixels.Memory.Length, wanted = order.ArePlanes ? model.InputSize.PlaneBytes : model.InputSize.PixelBytes;
        if (bytes != wanted)
        {
            return model.Text is null
                ? $"the image has {bytes} bytes of {(order.ArePlanes ? "planes" : "pixels")}; model '{model.Name}' takes {wanted}"
                : $"the text has {bytes} bytes of ids; model '{model.Name}' takes {wanted}";
        }
        if (model.Text is { } text && TokenIds.FindStranger(order.Pixels.Memory.Span, text) is { } id)
            return $"the text has token {id}; model '{model.Name}' has 0 to {text.VocabularySize - 1}";
        if (order.Layer < 0 || order.Layer > model.Architecture.Depth)
            return RefusalText.NoSuchLayer(model, order.Layer);
        if (order.Features is { } features && FaultOf(features, order.Layer, model) is { } fault)
            return fault;
        if (!Enum.IsDefined(order.Lane))
            return $"lane is {(int)order.Lane}, which is none";
        return order.Bytes < 0 ? $"the image holds {order.Bytes} bytes while it waits; it cannot hold fewer than none" : null;
    }

    private static string? FaultOf(FeatureOrder features, int layer, ModelInfo model) =>
        features.Fault(model.FeatureShape, model.Architecture.Depth)
        ?? (features.Deepest == layer ? null : $"features go to layer {features.Deepest} and the image to {layer}");
}

using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;

namespace VitGrid.Engine.Requests;

/// <summary>The wording of refusals that HTTP gives as well as the grid.</summary>
public static class RefusalText
{
    /// <summary>The process accepts no more work.</summary>
    public const string Draining =
        "this server is shutting down and accepts no more requests; send it to another server or try again when this one is back";

    /// <summary>No model of that name is served.</summary>
    /// <param name="model">The name, short and printable.</param>
    /// <param name="served">What is served, in configured order.</param>
    public static string ModelNotFound(string model, IEnumerable<ModelInfo> served) =>
        $"model '{model}' is not served here; served: {string.Join(", ", served.Select(info => $"'{info.Name}'"))}";

    /// <summary>The model has no such layer.</summary>
    public static string NoSuchLayer(ModelInfo model, int layer)
    {
        int depth = model.Architecture.Depth;
        return $"layer is {layer}; model '{model.Name}' has {depth} blocks: send {-(depth + 1)} to {depth} (0 is the embedding stage, "
            + "-1 the last block)";
    }

    /// <summary>Why <paramref name="asked"/> cannot be had of <paramref name="layer"/>, 0…L; null when it can.</summary>
    public static string? Pooling(ModelInfo model, int layer, Pooling? asked)
    {
        PoolingFacts poolings = model.Architecture.Poolings;
        Pooling pooling = asked ?? poolings.Default;
        if (!poolings.Has(pooling))
            return $"pooling is '{pooling.Name()}', which model '{model.Name}' does not have; it has {poolings}";
        return pooling == Model.Encoders.Pooling.Head && layer != model.Architecture.Depth
            ? $"pooling is 'head'{(asked is null ? $", the default of model '{model.Name}'" : "")}, which is made of the last block's "
                + $"output alone, and layer is {layer} of {model.Architecture.Depth}; send one of {Others(poolings)}"
            : null;
    }

    private static string Others(PoolingFacts poolings) => string.Join(
        ", ", poolings.All().Where(pooling => pooling != Model.Encoders.Pooling.Head).Select(pooling => pooling.Name()));
}

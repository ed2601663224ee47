using VitGrid.Model.Checkpoints.Safetensors;

namespace VitGrid.Model.Checkpoints.Naming;

/// <summary>Tells scheme and prefix from the names of the embedding's tensors.</summary>
internal static class NamingDetector
{
    private static readonly string[] Prefixes = ["", "vision_model.", "vision_tower.", "model.vision_tower."];

    public static TensorNames Detect(TensorStore store)
    {
        TensorNames[] found = [.. Candidates().Where(names => Embedding(names).Any(store.Tensors.ContainsKey))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new CheckpointException(
                $"{store.Source}: no tensor has an InternViT encoder's name; looked for " +
                $"{Shown.Names([.. TensorNames.Schemes.Select(names => names.ClassToken)])}, also after {Shown.Names(Prefixes[1..])}; " +
                $"the first of {store.Tensors.Count} are {Shown.Names([.. store.Tensors.Keys.Order(StringComparer.Ordinal).Take(5)])}: " +
                "this is another model"),
            _ => throw new CheckpointException(
                $"{store.Source}: holds {found.Length} encoders, with " +
                $"{Shown.Names([.. found.Select(names => Embedding(names).First(store.Tensors.ContainsKey))])}; keep one"),
        };
    }

    private static IEnumerable<TensorNames> Candidates() =>
        Prefixes.SelectMany(prefix => TensorNames.Schemes.Select(names => names with { Prefix = prefix }));

    private static IEnumerable<string> Embedding(TensorNames names) =>
        new[]
        {
            names.ClassToken,
            names.PositionEmbedding,
            TensorNames.Weight(names.PatchEmbedding),
            TensorNames.Bias(names.PatchEmbedding),
        }.Select(names.Outer);
}

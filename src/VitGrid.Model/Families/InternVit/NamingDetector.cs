using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Families.InternVit;

/// <summary>Tells scheme and prefix from the names of the embedding's tensors.</summary>
internal static class NamingDetector
{
    private static readonly string[] Prefixes = ["", "vision_model.", "vision_tower.", "model.vision_tower."];

    public static TensorNames Detect(TensorStore store)
    {
        TensorNames[] found = Candidates(store.Tensors.Keys);
        return found.Length switch
        {
            1 => found[0],
            0 => throw new CheckpointException(
                $"{store.Source}: no tensor has an InternViT encoder's name; looked for " +
                $"{Shown.Names([.. TensorNames.Schemes.Select(names => names.ClassToken)])}, also after {Shown.Names(Prefixes[1..])}; " +
                $"the first of {store.Names.Count} are {Shown.Names([.. store.Names.Order(StringComparer.Ordinal).Take(5)])}: " +
                "this is another model"),
            _ => throw new CheckpointException(
                $"{store.Source}: holds {found.Length} encoders, with " +
                $"{Shown.Names([.. found.Select(names => Embedding(names).First(store.Tensors.ContainsKey))])}; keep one"),
        };
    }

    /// <summary>Which of <paramref name="tensors"/> belong to an encoder; none where no embedding has an encoder's name.</summary>
    public static Func<string, bool> EncoderAmong(IReadOnlyCollection<string> tensors)
    {
        TensorNames[] found = Candidates(tensors);
        return name => found.Any(names => names.Owns(name));
    }

    /// <summary>Every scheme and prefix by which any tensor of an encoder's embedding is called among <paramref name="tensors"/>.</summary>
    private static TensorNames[] Candidates(IEnumerable<string> tensors)
    {
        HashSet<string> names = [.. tensors];
        return
        [
            .. Prefixes
                .SelectMany(prefix => TensorNames.Schemes.Select(scheme => scheme with { Prefix = prefix }))
                .Where(scheme => Embedding(scheme).Any(names.Contains)),
        ];
    }

    private static IEnumerable<string> Embedding(TensorNames names) =>
        new[]
        {
            names.ClassToken,
            names.PositionEmbedding,
            TensorNames.Weight(names.PatchEmbedding),
            TensorNames.Bias(names.PatchEmbedding),
        }.Select(names.Outer);
}

using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Towers;

/// <summary>Tells whose names a checkpoint's tensors have.</summary>
internal static class TowerDetector
{
    /// <summary>The first scheme of whose patch embedding and first block's layers most are stored.</summary>
    /// <exception cref="CheckpointException">No scheme has any.</exception>
    public static TowerNames Detect(TensorStore store, IReadOnlyList<TowerNames> schemes)
    {
        string[][] telling = [.. schemes.Select(names => new[]
        {
            names.Outer(StoredTensor.WeightOf(names.PatchEmbedding)),
            names.Inner(0, StoredTensor.WeightOf(names.QueryKeyValue[0])),
            names.Inner(0, StoredTensor.WeightOf(names.Fc1)),
        })];
        int[] counts = [.. telling.Select(tensors => tensors.Count(store.Tensors.ContainsKey))];
        int best = Array.IndexOf(counts, counts.Max());
        return counts[best] > 0
            ? schemes[best]
            : throw new CheckpointException(
                $"{store.Source}: holds none of {Shown.Names([.. telling.Select(tensors => tensors[0]).Distinct()])}, the patch " +
                "embedding of the encoder that its config names: this is another model, or only a part of it");
    }
}

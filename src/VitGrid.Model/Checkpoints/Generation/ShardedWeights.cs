using System.Globalization;
using System.Text.Json.Nodes;
using VitGrid.Model.Configs;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Model.Checkpoints.Generation;

/// <summary>Spreads tensors over files of bounded size and writes the index, as the hub's own tool does.</summary>
internal static class ShardedWeights
{
    public static void Write(string directory, IReadOnlyCollection<TensorToWrite> tensors, long shardBytes)
    {
        List<List<TensorToWrite>> shards = Split(tensors, shardBytes);
        for (int i = 0; i < shards.Count; i++)
            SafetensorsWriter.Write(Path.Combine(directory, Name(i, shards.Count)), shards[i]);
        if (shards.Count > 1)
            JsonFile.Write(directory, WeightFiles.Index, Index(shards));
    }

    private static List<List<TensorToWrite>> Split(IReadOnlyCollection<TensorToWrite> tensors, long shardBytes)
    {
        var shards = new List<List<TensorToWrite>> { new() };
        long filled = 0;
        foreach (TensorToWrite tensor in tensors)
        {
            if (filled + tensor.Length > shardBytes && shards[^1].Count > 0)
            {
                shards.Add([]);
                filled = 0;
            }
            shards[^1].Add(tensor);
            filled += tensor.Length;
        }
        return shards;
    }

    private static string Name(int shard, int shards) => shards == 1
        ? WeightFiles.Single
        : string.Create(CultureInfo.InvariantCulture, $"model-{shard + 1:D5}-of-{shards:D5}.safetensors");

    private static JsonObject Index(List<List<TensorToWrite>> shards)
    {
        var weightMap = new JsonObject();
        for (int i = 0; i < shards.Count; i++)
        {
            foreach (TensorToWrite tensor in shards[i])
                weightMap[tensor.Name] = Name(i, shards.Count);
        }
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(shard => shard.Sum(tensor => tensor.Length)) },
            ["weight_map"] = weightMap,
        };
    }
}

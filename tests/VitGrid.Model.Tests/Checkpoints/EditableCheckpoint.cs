using System.Text.Json.Nodes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

/// <summary>A golden checkpoint taken apart, to be changed and written to a folder of its own.</summary>
internal sealed class EditableCheckpoint : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EditableCheckpoint(string golden)
    {
        foreach (string path in Directory.GetFiles(GoldenFiles.Model(golden), "model*.safetensors").Order(StringComparer.Ordinal))
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Tensors.AddRange(file.Tensors.Values.OrderBy(tensor => tensor.Offset).Select(Load));
        }
        Config = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(GoldenFiles.Model(golden), "config.json")))!.AsObject();
        string preprocessor = System.IO.Path.Combine(GoldenFiles.Model(golden), "preprocessor_config.json");
        Preprocessor = File.Exists(preprocessor) ? JsonNode.Parse(File.ReadAllText(preprocessor))!.AsObject() : null;
    }

    public List<TensorToWrite> Tensors { get; } = [];

    public JsonObject Config { get; set; }

    public JsonObject? Preprocessor { get; set; }

    /// <summary>The file that transformers 5 writes; none unless it is set.</summary>
    public JsonObject? Processor { get; set; }

    public string Path => _folder.Path;

    public void Rename(Func<string, string> rename)
    {
        for (int i = 0; i < Tensors.Count; i++)
            Tensors[i] = Tensors[i] with { Name = rename(Tensors[i].Name) };
    }

    public void Add(string name, params long[] shape) =>
        Tensors.Add(new TensorToWrite(
            name, TensorType.F32, [.. shape], stream => stream.Write(new byte[4 * shape.Aggregate(1L, (a, b) => a * b)])));

    public string Save(string weights = "model.safetensors")
    {
        SafetensorsWriter.Write(_folder.At(weights), Tensors);
        SaveConfigs();
        return Path;
    }

    /// <summary>Saves with an index; each tensor, by name and number, lies in the file that <paramref name="shard"/> names.</summary>
    public void SaveShards(Func<string, int, string> shard)
    {
        JsonObject map = [];
        foreach (var file in Tensors.Select((tensor, i) => (Tensor: tensor, File: shard(tensor.Name, i))).GroupBy(entry => entry.File))
        {
            SafetensorsWriter.Write(_folder.At(file.Key), [.. file.Select(entry => entry.Tensor)]);
            foreach (var entry in file)
                map[entry.Tensor.Name] = file.Key;
        }
        File.WriteAllText(_folder.At("model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        SaveConfigs();
    }

    public Checkpoint Open(bool saved = false) => Checkpoint.Open(saved ? Path : Save());

    /// <summary>The message with which the checkpoint is refused.</summary>
    public string Refusal() => Assert.Throws<CheckpointException>(() => Checkpoint.Open(Save())).Message;

    public void Dispose() => _folder.Dispose();

    /// <summary>A copy of a stored tensor.</summary>
    public static TensorToWrite Load(TensorEntry tensor)
    {
        byte[] bytes = new byte[tensor.Length];
        using FileStream file = File.OpenRead(tensor.File);
        file.Position = tensor.Offset;
        file.ReadExactly(bytes);
        return new TensorToWrite(tensor.Name, tensor.Type, tensor.Shape, stream => stream.Write(bytes));
    }

    private void SaveConfigs()
    {
        File.WriteAllText(_folder.At("config.json"), Config.ToJsonString());
        if (Preprocessor is not null)
            File.WriteAllText(_folder.At("preprocessor_config.json"), Preprocessor.ToJsonString());
        if (Processor is not null)
            File.WriteAllText(_folder.At("processor_config.json"), Processor.ToJsonString());
    }
}

namespace VitGrid.Model.Checkpoints.Safetensors;

/// <summary>All tensors of a checkpoint's folder, from one file or from the shards of an index, and the open files.</summary>
internal sealed class TensorStore : IDisposable
{
    private readonly Dictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorEntry> _tensors = new(StringComparer.Ordinal);

    private TensorStore(string source) => Source = source;

    /// <summary>The file or index that was opened, for messages.</summary>
    public string Source { get; }

    public IReadOnlyDictionary<string, TensorEntry> Tensors => _tensors;

    public static TensorStore Open(string directory)
    {
        string source = WeightFiles.Find(directory);
        var store = new TensorStore(source);
        try
        {
            if (source.EndsWith(WeightFiles.IndexSuffix, StringComparison.Ordinal))
                store.AddShards(SafetensorsIndex.Read(source));
            else
                store.Add(source);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>The open file that <paramref name="slice"/> lies in.</summary>
    public SafetensorsFile FileOf(WeightSlice slice) =>
        _files.TryGetValue(slice.Tensor.File, out SafetensorsFile? file)
            ? file
            : throw new ArgumentException(
                $"tensor {Shown.Text(slice.Tensor.Name)} of {slice.Tensor.File} belongs to another checkpoint than " +
                $"{Source}", nameof(slice));

    /// <summary>Gives back the memory of what was read so far.</summary>
    public void Evict()
    {
        foreach (SafetensorsFile file in _files.Values)
            file.Evict();
    }

    public void Dispose()
    {
        foreach (SafetensorsFile file in _files.Values)
            file.Dispose();
    }

    private void AddShards(Dictionary<string, string> shards)
    {
        foreach (string shard in shards.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(shard))
            {
                throw new CheckpointException(
                    $"{Source}: names the file {Shown.Text(Path.GetFileName(shard))}, which is missing; " +
                    $"fetch it into {Path.GetDirectoryName(shard)}");
            }
            SafetensorsFile file = Add(shard);
            string? absent = shards.FirstOrDefault(entry => entry.Value == shard && !file.Tensors.ContainsKey(entry.Key)).Key;
            if (absent is not null)
            {
                throw new CheckpointException(
                    $"{Source}: puts tensor {Shown.Text(absent)} in {shard}, which does not hold it; " +
                    "the two belong to different checkpoints: fetch both again");
            }
        }
    }

    private SafetensorsFile Add(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        if (!_files.TryAdd(file.Path, file))
        {
            file.Dispose();
            return _files[file.Path];
        }
        foreach (TensorEntry tensor in file.Tensors.Values)
        {
            if (!_tensors.TryAdd(tensor.Name, tensor))
            {
                throw new CheckpointException(
                    $"{Source}: tensor {Shown.Text(tensor.Name)} is in {_tensors[tensor.Name].File} and in {tensor.File}; " +
                    "a name must be unique over all shards");
            }
        }
        return file;
    }
}

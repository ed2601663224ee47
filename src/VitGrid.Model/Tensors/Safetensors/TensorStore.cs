namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>
/// The tensors of a checkpoint's folder, from one file or from shards, and the open files. Of the shards of an index only those are opened,
/// and need to be there, that hold needed tensors.
/// </summary>
internal sealed class TensorStore : IDisposable
{
    private readonly Dictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorEntry> _tensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private TensorStore(string source) => Source = source;

    /// <summary>The file or index that was opened, for messages.</summary>
    public string Source { get; }

    /// <summary>Tensors of the open files.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => _tensors;

    /// <summary>Names of all tensors, those of shards that were not opened included.</summary>
    public IReadOnlySet<string> Names => _names;

    private bool IsIndexed => WeightFiles.IsIndex(Source);

    /// <summary>Opens the weights in <paramref name="directory"/>.</summary>
    /// <param name="directory">The checkpoint's folder.</param>
    /// <param name="choose">Tells, from the names in an index, which tensors are needed; null: all.</param>
    /// <param name="file">Name of the file that holds them; null: found as transformers does.</param>
    /// <exception cref="CheckpointException">A needed file is missing or malformed, or index and files disagree.</exception>
    public static TensorStore Open(
        string directory, Func<IReadOnlyCollection<string>, Func<string, bool>>? choose = null, string? file = null)
    {
        WeightSource source = file is null ? WeightFiles.Find(directory) : WeightFiles.From(directory, file);
        var store = new TensorStore(source.Path);
        try
        {
            if (store.IsIndexed)
                store.AddShards(SafetensorsIndex.Read(source.Path), choose ?? (_ => _ => true));
            else
                store.AddAll(source.Files);
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

    /// <summary>Paths, as the folder or its index has them, of the files that hold <paramref name="tensors"/>, and of the index.</summary>
    public IEnumerable<string> FilesOf(IEnumerable<string> tensors) =>
        tensors.Select(name => _paths[_tensors[name].File]).Concat(IsIndexed ? [Source] : []).Distinct(StringComparer.Ordinal);

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

    private void AddAll(IEnumerable<string> files)
    {
        foreach (string file in files)
            Add(file, _ => true);
    }

    private void AddShards(Dictionary<string, string> shards, Func<IReadOnlyCollection<string>, Func<string, bool>> choose)
    {
        Func<string, bool> isNeeded = choose(shards.Keys);
        _names.UnionWith(shards.Keys);
        foreach (IGrouping<string, string> shard in Needed(shards, isNeeded))
        {
            if (!File.Exists(shard.Key))
                throw Missing(shard);
            SafetensorsFile file = Add(shard.Key, isNeeded);
            if (shard.FirstOrDefault(name => !file.Tensors.ContainsKey(name)) is { } absent)
            {
                throw new CheckpointException(
                    $"{Source}: puts tensor {Shown.Text(absent)} in {shard.Key}, which does not hold it; " +
                    "the two belong to different checkpoints: fetch both again");
            }
        }
    }

    /// <summary>Names of needed tensors by shard.</summary>
    private static IEnumerable<IGrouping<string, string>> Needed(Dictionary<string, string> shards, Func<string, bool> isNeeded) =>
        shards.Where(entry => isNeeded(entry.Key))
            .GroupBy(entry => entry.Value, entry => entry.Key, StringComparer.Ordinal)
            .OrderBy(shard => shard.Key, StringComparer.Ordinal);

    private CheckpointException Missing(IGrouping<string, string> shard) => new(
        $"{Source}: names the file {Shown.Text(Path.GetFileName(shard.Key))}, which is missing and holds {shard.Count()} needed tensors, " +
        $"such as {Shown.Text(shard.First())}; fetch it into {Path.GetDirectoryName(shard.Key)}");

    private SafetensorsFile Add(string path, Func<string, bool> isNeeded)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        if (!_files.TryAdd(file.Path, file))
        {
            file.Dispose();
            return _files[file.Path];
        }
        _paths.Add(file.Path, path);
        foreach (TensorEntry tensor in file.Tensors.Values)
        {
            _names.Add(tensor.Name);
            if (!_tensors.TryAdd(tensor.Name, tensor) && isNeeded(tensor.Name))
            {
                throw new CheckpointException(
                    $"{Source}: tensor {Shown.Text(tensor.Name)} is in {_tensors[tensor.Name].File} and in {tensor.File}; " +
                    "a name must be unique over all shards");
            }
        }
        return file;
    }
}

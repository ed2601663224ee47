using System.Text.RegularExpressions;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>Where the weights are stated to lie.</summary>
/// <param name="Path">An index, a file, or the folder of shards without index; for messages.</param>
/// <param name="Files">The files to open; none where <paramref name="Path"/> is an index, which names them.</param>
internal sealed record WeightSource(string Path, IReadOnlyList<string> Files);

/// <summary>
/// Which file of a folder holds the weights: <c>model.safetensors</c>, else <c>model.safetensors.index.json</c> (the order in
/// which transformers looks), else the only index, else the only <c>*.safetensors</c>, else the shards of one set whose index is missing.
/// </summary>
internal static partial class WeightFiles
{
    public const string Single = "model.safetensors";
    public const string Index = "model" + IndexSuffix;

    private const string IndexSuffix = ".safetensors.index.json";
    private const string Suffix = ".safetensors";

    private static readonly string[] PickledSuffixes = [".bin", ".pth", ".pt", ".ckpt"];

    public static bool IsIndex(string path) => path.EndsWith(IndexSuffix, StringComparison.Ordinal);

    /// <summary>One file of a folder.</summary>
    public static WeightSource From(string directory, string file) => new(Path.Combine(directory, file), [Path.Combine(directory, file)]);

    public static WeightSource Find(string directory)
    {
        string[] names = Names(directory);
        string[] weights = [.. names.Where(name => name.EndsWith(Suffix, StringComparison.Ordinal))];
        string? index = names.Contains(Single) ? null : names.Contains(Index) ? Index : Only(directory, [.. names.Where(IsIndex)]);
        if (index is not null)
            return new(Path.Combine(directory, index), []);
        if (!weights.Contains(Single) && weights.Length > 1 && weights.Select(SetOf).Distinct().ToArray() is [not null])
            return new(directory, [.. weights.Select(name => Path.Combine(directory, name))]);
        string file = weights.Contains(Single) ? Single : Only(directory, weights) ?? throw NothingFound(directory, names);
        return new(Path.Combine(directory, file), [Path.Combine(directory, file)]);
    }

    /// <summary>What the names of one set's shards share; null where a name is no shard's.</summary>
    private static string? SetOf(string name) => ShardName().Match(name) is { Success: true } shard ? shard.Result("$1 $2") : null;

    [GeneratedRegex(@"^(.+)-[0-9]{5}-of-([0-9]{5})\.safetensors\z", RegexOptions.CultureInvariant)]
    private static partial Regex ShardName();

    private static string[] Names(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                $"{directory}: is not a folder that can be read ({exception.Message}); give the folder that holds config.json", exception);
        }
    }

    private static string? Only(string directory, string[] names) => names.Length <= 1
        ? names.FirstOrDefault()
        : throw new CheckpointException(
            $"{directory}: holds {names.Length} weight files, {Shown.Names(names)}, and none is called {Single} or {Index}; " +
            "rename or link the one to use");

    private static CheckpointException NothingFound(string directory, string[] names)
    {
        string[] pickled = [.. names.Where(name => PickledSuffixes.Contains(Path.GetExtension(name)))];
        string[] gguf = [.. names.Where(name => name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))];
        if (gguf.Length > 0)
        {
            return new CheckpointException(
                $"{directory}: has weights only as GGUF, {Shown.Names(gguf)}, which is not read; {Single} or {Index} with its shards is: " +
                "fetch the checkpoint that the GGUF was made from");
        }
        return new CheckpointException(pickled.Length > 0
            ? $"{directory}: has weights only as {Shown.Names(pickled)}; such files are programs and are not read: fetch a revision that " +
                $"has {Single} (many repositories have one that a bot proposed, such as refs/pr/1), or " +
                $"convert them to {Single} with save_file of Python's safetensors.torch"
            : $"{directory}: has neither {Single} nor {Index}; give the folder of a checkpoint");
    }
}

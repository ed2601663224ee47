namespace VitGrid.Model.Checkpoints.Safetensors;

/// <summary>
/// Which file of a folder holds the weights: <c>model.safetensors</c>, else <c>model.safetensors.index.json</c> (the order in
/// which transformers looks), else the only index, else the only <c>*.safetensors</c>.
/// </summary>
internal static class WeightFiles
{
    public const string Single = "model.safetensors";
    public const string IndexSuffix = ".safetensors.index.json";
    public const string Index = "model" + IndexSuffix;

    private static readonly string[] PickledSuffixes = [".bin", ".pth", ".pt", ".ckpt"];

    public static string Find(string directory)
    {
        string[] names = Names(directory);
        string? named = new[] { Single, Index }.FirstOrDefault(names.Contains);
        string? found = named
            ?? Only(directory, [.. names.Where(name => name.EndsWith(IndexSuffix, StringComparison.Ordinal))])
            ?? Only(directory, [.. names.Where(name => name.EndsWith(".safetensors", StringComparison.Ordinal))]);
        return Path.Combine(directory, found ?? throw NothingFound(directory, names));
    }

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
        return new CheckpointException(pickled.Length > 0
            ? $"{directory}: has weights only as {Shown.Names(pickled)}; such files are programs and are not read: " +
                $"convert them to {Single} with save_file of Python's safetensors.torch"
            : $"{directory}: has neither {Single} nor {Index}; give the folder of a checkpoint");
    }
}

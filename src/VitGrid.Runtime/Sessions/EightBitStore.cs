using VitGrid.Model.Checkpoints;
using VitGrid.Model.EightBits;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;

namespace VitGrid.Runtime.Sessions;

/// <summary>
/// Finds a checkpoint's 8-bit weights or makes them: beside the model, or in the user's own folder where that cannot be written.
/// </summary>
internal static class EightBitStore
{
    private const string BesideModel = ".vitgrid";

    /// <summary>Folders to look in and to write to, the first that works.</summary>
    public static IReadOnlyList<string> Folders(Checkpoint checkpoint, Func<string, string?> variable)
    {
        string home = variable("VITGRID_HOME") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "vitgrid");
        string beside = Path.Combine(checkpoint.Directory, BesideModel);
        return Path.IsPathRooted(home) ? [beside, Path.Combine(home, "int8")] : [beside];
    }

    /// <summary>The weights for <paramref name="blocks"/>. Quantises the whole model the first time; a damaged file is made anew.</summary>
    /// <exception cref="CheckpointException">They can be written nowhere.</exception>
    public static EncoderWeights Obtain(
        Checkpoint checkpoint, EightBitForm form, BlockRange blocks, IReadOnlyList<string> folders, IProgress<double>? progress)
    {
        string name = EightBitFile.NameOf(checkpoint, form);
        foreach (string folder in folders)
        {
            if (EightBitFile.TryRead(checkpoint, form, Path.Combine(folder, name), blocks) is { } found)
                return found;
        }
        return Make(checkpoint, form, blocks, [.. folders.Select(folder => Path.Combine(folder, name))], progress);
    }

    private static EncoderWeights Make(
        Checkpoint checkpoint, EightBitForm form, BlockRange blocks, IReadOnlyList<string> paths, IProgress<double>? progress)
    {
        List<Exception> failures = [];
        foreach (string path in paths)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                EightBitFile.Write(checkpoint, form, path, progress);
                return EightBitFile.TryRead(checkpoint, form, path, blocks)
                    ?? throw new IOException($"{path} was written and does not read back as written");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                failures.Add(exception);
            }
        }
        string tried = string.Join("; ", failures.Select(failure => failure.Message));
        throw new CheckpointException(
            $"{checkpoint.Directory}: the {EightBitFile.BytesOf(checkpoint, form)} bytes of its 8-bit weights can be written nowhere "
                + $"({tried}); "
                + "make room there, or set VITGRID_HOME to a folder that has it, or use precision fp32",
            failures[0]);
    }
}

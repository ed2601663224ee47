using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Parity;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Looks at what VitGrid brings along and where it stores models.</summary>
internal static class SoftwareChecks
{
    private static readonly string[] Needed = ["jpeg", "png", "webp", "gif", "tiff"];

    /// <summary>Looks at each library that a backend computes with.</summary>
    public static IEnumerable<Finding> Libraries() =>
        ExecutionBackends.All.Select(backend => backend.Library).OfType<BackendLibrary>().Distinct()
            .Select(library => Native(library.Name, library.Remedy, () => new(library.Name, Health.Good, library.Describe())));

    public static Finding Images() => Native(
        "libvips",
        "publish for this platform (dotnet publish -r RID), so that NetVips.Native of the platform is included",
        () =>
        {
            string fact = $"{ImageLibrary.Version}: {string.Join(", ", ImageLibrary.Formats)}";
            string[] absent = [.. Needed.Except(ImageLibrary.Formats)];
            return absent.Length == 0
                ? new("libvips", Health.Good, fact)
                : new("libvips", Health.Missing, $"{fact}; without {string.Join(", ", absent)}",
                    "use the library that VitGrid ships, not another on the library path");
        });

    /// <summary>Runs the bundled model on its own expected activations: the whole way from the file to the numbers.</summary>
    public static Finding DefaultModel(ModelRoots roots, CancellationToken cancellationToken)
    {
        const string Subject = "default model";
        string folder = Path.Combine(roots.Bundled, ModelRoots.DefaultModel);
        string remedy = $"build or install VitGrid again, so that {folder} is there and whole";
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(folder);
            ParityLimit limit = ExecutionBackends.Processor.Backend.FindArithmetic(Precision.Fp32)!.Limit;
            IReadOnlyList<TensorParity> tensors = ParityRun.Compare(
                checkpoint, Path.Combine(folder, "expected.safetensors"), cancellationToken: cancellationToken);
            string fact = $"{ModelRoots.DefaultModel} computes its reference activations within "
                + $"{Amounts.Number(tensors.Max(tensor => tensor.MaxScaledError), 2)}";
            return tensors.All(limit.Passes)
                ? new(Subject, Health.Good, fact)
                : new(Subject, Health.Missing, $"{fact}; the limit is {limit}", remedy);
        }
        catch (Exception exception) when (NativeFailure.Is(
            exception) || exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return new(Subject, Health.Missing, NativeFailure.Reason(exception), remedy);
        }
    }

    public static Finding Repository(ModelRoots roots)
    {
        const string Subject = "model repository";
        string probe = Path.Combine(roots.Imported, $".probe-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(roots.Imported);
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return new(Subject, Health.Good, $"{roots.Imported}, writable");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(Subject, Health.Missing, $"{roots.Imported} cannot be written: {exception.Message}",
                "set VITGRID_HOME to a folder that this user may write");
        }
    }

    private static Finding Native(string subject, string remedy, Func<Finding> look)
    {
        try
        {
            return look();
        }
        catch (Exception exception) when (NativeFailure.Is(exception))
        {
            return new(subject, Health.Missing, $"cannot be loaded: {NativeFailure.Reason(exception)}", remedy);
        }
    }
}

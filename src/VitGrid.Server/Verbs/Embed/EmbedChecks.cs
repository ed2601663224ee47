using VitGrid.Engine.Options;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>Refuses, before any weight is loaded, what would fail for every image.</summary>
internal static class EmbedChecks
{
    /// <returns>Numbers in each vector.</returns>
    /// <exception cref="UsageException">A setting does not suit the checkpoint.</exception>
    public static int Check(EmbedSettings settings, ModelOptions model, int images)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
        int depth = checkpoint.Architecture.Depth;
        if (settings.Layer > depth || settings.Layer < -depth - 1)
            throw new UsageException($"--layer: {settings.Layer} is not from {-depth - 1} to {depth}; {model.Name} has {depth} blocks");
        if (settings.Grid.Segments > depth)
            throw new UsageException($"--segments: {settings.Grid.Segments} is more than the {depth} blocks of {model.Name}");
        if (settings.Neighbours is not null && images > NearestNeighbours.MaxVectors)
        {
            throw new UsageException($"--neighbours: {images} images are more than the {NearestNeighbours.MaxVectors} that are compared "
                + "all with all; write the vectors with --output npy and search them with an index");
        }
        CheckProfile(settings.Preprocess, checkpoint.Preprocessing);
        return CheckPooling(settings, checkpoint.Architecture, model.Name);
    }

    private static int CheckPooling(EmbedSettings settings, EncoderArchitecture shape, string model)
    {
        Pooling pooling = settings.Pooling ?? shape.Poolings.Default;
        if (!shape.Poolings.Has(pooling))
            throw new UsageException($"--pooling: {model} does not have '{pooling.Name()}'; it has {shape.Poolings}");
        if (pooling == Pooling.Head && settings.Layer != -1 && settings.Layer != shape.Depth)
        {
            throw new UsageException(
                $"--pooling: 'head' of {model} is made of the last block's output alone, and --layer is {settings.Layer}; name another "
                    + $"of {shape.Poolings}");
        }
        return shape.Poolings.Width(pooling, shape.Width);
    }

    private static void CheckProfile(string? name, ImagePreprocessing preprocessing)
    {
        try
        {
            _ = PreprocessProfile.Resolve(name, preprocessing);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"--preprocess: {exception.Message}");
        }
    }
}

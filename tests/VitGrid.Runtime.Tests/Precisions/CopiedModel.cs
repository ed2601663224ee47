using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Runtime.Tests.Precisions;

/// <summary>A checkpoint in a folder of its own, whose float weights can be changed where they lie.</summary>
internal sealed class CopiedModel : IDisposable
{
    public CopiedModel(string source)
    {
        foreach (string file in Directory.EnumerateFiles(source))
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("vitgrid-").FullName;

    public Checkpoint Open() => Checkpoint.Open(Path);

    /// <summary>
    /// Gives each element of some weights, which are stored in single precision, a value that depends on its index and its old one.
    /// </summary>
    public void Change(Func<EncoderWeights, IEnumerable<WeightSlice?>> which, Func<int, float, float> value)
    {
        WeightSlice[] slices;
        using (Checkpoint checkpoint = Open())
            slices = [.. which(checkpoint.Weights).OfType<WeightSlice>()];
        foreach (WeightSlice slice in slices)
        {
            using FileStream file = File.Open(slice.Tensor.File, FileMode.Open, FileAccess.ReadWrite);
            float[] values = new float[slice.Length / sizeof(float)];
            file.Position = slice.Offset;
            file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            values = [.. values.Select((old, i) => value(i, old))];
            file.Position = slice.Offset;
            file.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

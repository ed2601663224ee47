using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>A copy of a model whose files are written to while they are in use.</summary>
internal sealed class ModelCopy : IDisposable
{
    private const int ExponentBit = 0x40;

    public ModelCopy(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("vitgrid-copy-").FullName;

    /// <summary>Turns the highest bit of the exponent of the first element of the first weight that is meant.</summary>
    public WeightSlice Turn(Func<WeightSlice, bool> isMeant)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Folder);
        WeightSlice weight = checkpoint.WeightSlices.First(isMeant);
        using FileStream file = new(weight.Tensor.File, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        long at = weight.Offset + (weight.Length / weight.Elements) - 1;
        file.Position = at;
        int value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ ExponentBit));
        return weight;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

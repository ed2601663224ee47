using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Tests.Checkpoints;
using VitGrid.Model.Tests.Families.Registers;
using VitGrid.Model.Tests.Families.Towered;
using PublishedShapes = VitGrid.Model.Tests.Families.Registers.PublishedShapes;

namespace VitGrid.Model.Tests.Families;

/// <summary>A checkpoint of the second family in which no number is special: no norm is one, no bias zero.</summary>
internal sealed class RegistersCheckpoint : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RegistersCheckpoint(int seed = 1)
    {
        Random random = new(seed);
        Floats = new RegistersFamily().RandomTensors(PublishedShapes.Tiny)
            .ToDictionary(tensor => tensor.Name, tensor => Values(random, tensor), StringComparer.Ordinal);
        Write(_ => true);
    }

    /// <summary>Every family, the second in front: the one line that adds it.</summary>
    public static IReadOnlyList<EncoderFamily> Families { get; } = [new RegistersFamily(), .. EncoderFamilies.All];

    /// <summary>The same with the family that shares its graph with all vision transformers.</summary>
    public static IReadOnlyList<EncoderFamily> Towered { get; } = [new ToweredFamily(), .. EncoderFamilies.All];

    public IReadOnlyDictionary<string, float[]> Floats { get; }

    public Checkpoint Open(IReadOnlyList<EncoderFamily>? families = null) => Checkpoint.Open(_folder.Path, families ?? Families);

    public string At(string name) => _folder.At(name);

    /// <summary>Writes the folder anew with the tensors that <paramref name="keep"/> names.</summary>
    public void Write(Func<string, bool> keep)
    {
        SafetensorsWriter.Write(
            _folder.At("model.safetensors"),
            [.. new RegistersFamily().RandomTensors(PublishedShapes.Tiny).Where(tensor => keep(tensor.Name)).Select(tensor =>
                new TensorToWrite(
                    tensor.Name,
                    TensorType.F32,
                    tensor.Shape,
                    stream => stream.Write(MemoryMarshal.AsBytes(Floats[tensor.Name].AsSpan()))))]);
        new RegistersFamily().WriteConfigs(_folder.Path, PublishedShapes.Tiny, TensorType.F32);
    }

    public void Dispose() => _folder.Dispose();

    private static float[] Values(Random random, ExpectedTensor tensor)
    {
        float centre = tensor.Kind == WeightKind.NormWeight ? 1 : 0;
        double size = tensor.Kind == WeightKind.Matrix ? Math.Sqrt(3.0 / (tensor.Elements / tensor.Shape[0])) : 0.5;
        return [.. Enumerable.Range(0, (int)tensor.Elements).Select(_ => centre + (float)(size * ((2 * random.NextDouble()) - 1)))];
    }
}

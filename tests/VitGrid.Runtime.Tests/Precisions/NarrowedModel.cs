using System.Runtime.InteropServices;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Runtime.Tests.Precisions;

/// <summary>A checkpoint whose numbers were rounded to 16 bits, written as such or in 32.</summary>
internal sealed class NarrowedModel : IDisposable
{
    /// <param name="source">The checkpoint's folder.</param>
    /// <param name="rounding">What its numbers are rounded to.</param>
    /// <param name="written">How they are written.</param>
    public NarrowedModel(string source, TensorType rounding, TensorType written)
    {
        foreach (string file in System.IO.Directory.EnumerateFiles(source, "*.json"))
            File.Copy(file, Path.Combine(Directory, Path.GetFileName(file)));
        string weights = System.IO.Directory.EnumerateFiles(source, "*.safetensors").Single(
            file => !Path.GetFileName(file).StartsWith("expected", StringComparison.Ordinal));
        using SafetensorsFile stored = SafetensorsFile.Open(weights);
        SafetensorsWriter.Write(
            Path.Combine(Directory, Path.GetFileName(weights)),
            [.. stored.Tensors.Values.Select(tensor => Rewritten(stored, tensor, rounding, written))]);
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("vitgrid-narrow-").FullName;

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    private static TensorToWrite Rewritten(SafetensorsFile file, TensorEntry tensor, TensorType rounding, TensorType written) =>
        tensor.Type != TensorType.F32
            ? new(tensor.Name, tensor.Type, tensor.Shape, stream => stream.Write(Bytes(file, tensor)))
            : new(tensor.Name, written, tensor.Shape, stream => stream.Write(
                Rounded(file.ReadFloats(tensor.Name), rounding, narrow: written != TensorType.F32)));

    private static byte[] Bytes(SafetensorsFile file, TensorEntry tensor)
    {
        byte[] bytes = new byte[tensor.Length];
        file.Read(tensor.Offset, bytes);
        return bytes;
    }

    private static ReadOnlySpan<byte> Rounded(float[] numbers, TensorType rounding, bool narrow)
    {
        if (rounding == TensorType.F16)
        {
            Half[] halves = HalfNumbers.Narrow(numbers);
            return narrow ? MemoryMarshal.AsBytes(halves.AsSpan()) : MemoryMarshal.AsBytes(
                Array.ConvertAll(halves, half => (float)half).AsSpan());
        }
        ushort[] upper = Array.ConvertAll(numbers, Upper);
        return narrow ? MemoryMarshal.AsBytes(upper.AsSpan()) : MemoryMarshal.AsBytes(
            Array.ConvertAll(upper, bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)).AsSpan());
    }

    /// <summary>bfloat16, to the nearest, ties to even.</summary>
    private static ushort Upper(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}

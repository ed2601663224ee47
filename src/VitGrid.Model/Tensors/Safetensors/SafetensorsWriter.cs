using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>Writes safetensors files, one tensor at a time.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>
    /// Writes <paramref name="tensors"/> in their order to <paramref name="path"/>. The file appears whole or not at all: it is
    /// written under another name in the same folder and renamed; a file that was there is replaced.
    /// </summary>
    /// <exception cref="ArgumentException">A name is reserved or occurs twice, or a tensor wrote more or fewer bytes than its shape
    /// says.</exception>
    public static void Write(string path, IReadOnlyCollection<TensorToWrite> tensors)
    {
        byte[] header = Header(tensors, Metadata);
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (FileStream file = new(partial, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(header);
                foreach (TensorToWrite tensor in tensors)
                    WriteData(file, tensor);
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void WriteData(FileStream file, TensorToWrite tensor)
    {
        long before = file.Position;
        tensor.WriteData(file);
        if (file.Position - before != tensor.Length)
        {
            throw new ArgumentException(
                $"tensor {Shown.Text(tensor.Name)} wrote {file.Position - before} bytes; " +
                $"its shape {Shown.Shape(tensor.Shape)} of {tensor.Type.Code()} has {tensor.Length}");
        }
    }

    /// <summary>What stands before the data of <paramref name="tensors"/>, for who writes them elsewhere than into a file.</summary>
    /// <exception cref="ArgumentException">A name is reserved or occurs twice.</exception>
    public static byte[] Header(IReadOnlyCollection<TensorToWrite> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        if (tensors.CountBy(tensor => tensor.Name).FirstOrDefault(count => count.Value > 1).Key is { } twice)
            throw new ArgumentException($"tensor {Shown.Text(twice)} is given twice; names must be unique", nameof(tensors));
        if (tensors.Any(tensor => tensor.Name == SafetensorsHeader.MetadataName))
        {
            throw new ArgumentException(
                $"{SafetensorsHeader.MetadataName} is the header's own key; give the tensor another name", nameof(tensors));
        }
        var json = new ArrayBufferWriter<byte>();
        WriteJson(json, tensors, metadata);
        int padded = (json.WrittenCount + Alignment - 1) / Alignment * Alignment;
        byte[] header = new byte[SafetensorsHeader.PrefixBytes + padded];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(header, padded);
        json.WrittenSpan.CopyTo(header.AsSpan(SafetensorsHeader.PrefixBytes));
        return header;
    }

    private static void WriteJson(
        ArrayBufferWriter<byte> target, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var json = new Utf8JsonWriter(target);
        json.WriteStartObject();
        json.WriteStartObject(SafetensorsHeader.MetadataName);
        foreach ((string name, string value) in metadata)
            json.WriteString(name, value);
        json.WriteEndObject();
        long offset = 0;
        foreach (TensorToWrite tensor in tensors)
        {
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.Type.Code());
            WriteNumbers(json, "shape", tensor.Shape);
            WriteNumbers(json, "data_offsets", [offset, offset += tensor.Length]);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}

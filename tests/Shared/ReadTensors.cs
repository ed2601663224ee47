using System.Runtime.InteropServices;
using System.Text.Json;

namespace VitGrid.Testing;

/// <summary>A safetensors file as a client reads it, by the format's own description.</summary>
internal sealed class ReadTensors
{
    private readonly byte[] _file;
    private readonly JsonDocument _header;
    private readonly int _data;

    public ReadTensors(byte[] file)
    {
        _file = file;
        int length = (int)BitConverter.ToInt64(file);
        _header = JsonDocument.Parse(file.AsMemory(8, length));
        _data = 8 + length;
        Names = [.. _header.RootElement.EnumerateObject().Select(property => property.Name).Where(name => name != "__metadata__")];
    }

    public IReadOnlyList<string> Names { get; }

    public string Metadata(string name) => _header.RootElement.GetProperty("__metadata__").GetProperty(name).GetString()!;

    public int[] Shape(string name) =>
        [.. _header.RootElement.GetProperty(name).GetProperty("shape").EnumerateArray().Select(side => side.GetInt32())];

    /// <summary>A tensor of I64.</summary>
    public long[] Integers(string name)
    {
        JsonElement offsets = _header.RootElement.GetProperty(name).GetProperty("data_offsets");
        return MemoryMarshal.Cast<byte, long>(
            _file.AsSpan()[(_data + offsets[0].GetInt32())..(_data + offsets[1].GetInt32())]).ToArray();
    }

    /// <summary>A tensor's numbers, widened where they are halves.</summary>
    public float[] Numbers(string name)
    {
        JsonElement tensor = _header.RootElement.GetProperty(name), offsets = tensor.GetProperty("data_offsets");
        ReadOnlySpan<byte> bytes = _file.AsSpan()[(_data + offsets[0].GetInt32())..(_data + offsets[1].GetInt32())];
        return tensor.GetProperty("dtype").GetString() switch
        {
            "F16" => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), half => (float)half),
            "BF16" => Array.ConvertAll(
                MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), upper => BitConverter.UInt32BitsToSingle((uint)upper << 16)),
            _ => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
        };
    }

    /// <summary>Whether the file ends where its last tensor does.</summary>
    public bool IsWhole => _file.Length == _data + _header.RootElement.EnumerateObject().Where(tensor => tensor.Name != "__metadata__")
        .Max(tensor => tensor.Value.GetProperty("data_offsets")[1].GetInt32());
}

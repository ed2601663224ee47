using System.Buffers;
using System.Formats.Tar;
using System.Text.Encodings.Web;
using System.Text.Json;
using VitGrid.Indexing.Formats;

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>
/// Parts as shards of webdataset: a tar in which two files of one key stand beside each other, <c>KEY.json</c> with what is known of the
/// image and <c>KEY.npy</c> with its vector.
/// </summary>
internal static class TarParts
{
    private static readonly JsonWriterOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes the rows of a part.</summary>
    public static async Task WriteAsync(
        Stream file, SinkSchema schema, IReadOnlyList<SinkRow> rows, NumberFormat numbers, CancellationToken cancellationToken)
    {
        TarKeys keys = new();
        byte[] header = NpyFile.Header([PackedRow.ColumnsOf(schema.Dimensions, numbers)], numbers);
        byte[] array = new byte[header.Length + PackedRow.BytesOf(schema.Dimensions, numbers)];
        header.CopyTo(array, 0);
        await using TarWriter tar = new(file, leaveOpen: true);
        foreach (SinkRow row in rows)
        {
            string key = keys.Next(row.Id);
            PackedRow.Write(row.Vector.Span, numbers, array.AsSpan(header.Length));
            await AddAsync(tar, $"{key}.json", Describe(schema, row), cancellationToken);
            await AddAsync(tar, $"{key}.npy", array, cancellationToken);
        }
    }

    private static async Task AddAsync(TarWriter tar, string name, byte[] bytes, CancellationToken cancellationToken)
    {
        // The old form takes half the room, and names of a hundred bytes.
        bool isShort = name.Length <= 100 && System.Text.Ascii.IsValid(name);
        TarEntry entry = isShort
            ? new UstarTarEntry(TarEntryType.RegularFile, name) : new PaxTarEntry(TarEntryType.RegularFile, name);
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        using MemoryStream content = new(bytes, writable: false);
        entry.DataStream = content;
        await tar.WriteEntryAsync(entry, cancellationToken);
    }

    private static byte[] Describe(SinkSchema schema, SinkRow row)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes, Relaxed);
        json.WriteStartObject();
        json.WriteString("id", row.Id);
        json.WriteString("model", schema.Model);
        json.WriteNumber("dimensions", schema.Dimensions);
        if (row.Metadata is { } metadata)
        {
            json.WritePropertyName("metadata");
            json.WriteRawValue(metadata, skipInputValidation: true);
        }
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }
}

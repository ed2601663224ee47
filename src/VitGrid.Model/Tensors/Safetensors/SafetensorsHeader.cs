namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>
/// The JSON header of a safetensors file: <c>{"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {…}}</c>. Accepts
/// what the reference implementation accepts: the tensors tile the data without gap or overlap.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>Bytes of the length that stands before the header.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The reference implementation's limit on a header.</summary>
    public const long MaxBytes = 100_000_000;

    public const string MetadataName = "__metadata__";

    /// <summary>Entries by name, with offsets from the start of the file.</summary>
    public static Dictionary<string, TensorEntry> Parse(ReadOnlySpan<byte> json, string file, long fileLength)
    {
        try
        {
            var tensors = ReadTensors(json, file, PrefixBytes + json.Length, fileLength);
            RequireTiling(tensors.Values, file, PrefixBytes + json.Length, fileLength);
            return tensors;
        }
        catch (Exception exception) when (JsonCursor.IsMalformed(exception))
        {
            throw new CheckpointException(
                $"{file}: its header is not valid JSON ({exception.Message}); the file is damaged: fetch it again", exception);
        }
    }

    private static Dictionary<string, TensorEntry> ReadTensors(ReadOnlySpan<byte> json, string file, long dataStart, long fileLength)
    {
        var tensors = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        bool metadataSeen = false;
        var cursor = new JsonCursor(json, file);
        cursor.EnterObject("the header");
        while (cursor.NextName(out string name))
        {
            bool metadata = name == MetadataName;
            if (metadata ? metadataSeen : tensors.ContainsKey(name))
            {
                throw new CheckpointException(
                    $"{file}: tensor {Shown.Text(name)} is listed twice; names must be unique: write the file anew");
            }
            metadataSeen |= metadata;
            if (metadata)
                SkipMetadata(ref cursor);
            else
                tensors.Add(name, new TensorFields(ref cursor, file, name).ToEntry(dataStart, fileLength));
        }
        cursor.End();
        return tensors;
    }

    private static void SkipMetadata(ref JsonCursor cursor)
    {
        cursor.EnterObject(MetadataName);
        while (cursor.NextName(out string key))
            cursor.Text($"{MetadataName} key {Shown.Text(key)}");
    }

    private static void RequireTiling(IEnumerable<TensorEntry> tensors, string file, long dataStart, long fileLength)
    {
        long end = dataStart;
        foreach (TensorEntry tensor in tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Length))
        {
            if (tensor.Offset != end)
            {
                string fault = tensor.Offset < end ? "overlaps" : "leaves a gap after";
                throw new CheckpointException(
                    $"{file}: tensor {Shown.Text(tensor.Name)} begins at data offset {tensor.Offset - dataStart} and " +
                    $"{fault} the tensor before it, which ends at {end - dataStart}; tensors must lie end to end: write the file anew");
            }
            end += tensor.Length;
        }
        if (end != fileLength)
        {
            throw new CheckpointException(
                $"{file}: {fileLength - end} bytes follow the last tensor, which ends at data offset {end - dataStart}; " +
                "every byte must belong to a tensor: write the file anew");
        }
    }
}

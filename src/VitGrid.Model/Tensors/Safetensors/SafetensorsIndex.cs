namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>
/// The index of a sharded checkpoint, <c>{"weight_map": {"tensor": "file"}, …}</c>. A file is named relative to the index and
/// must lie in its folder or below; a link there may point elsewhere, since whoever made the folder made the link.
/// </summary>
internal static class SafetensorsIndex
{
    private const string WeightMap = "weight_map";

    /// <summary>Full path of the shard of every tensor.</summary>
    public static Dictionary<string, string> Read(string path)
    {
        byte[] json = ReadBounded(path);
        try
        {
            return ReadShards(json, path);
        }
        catch (Exception exception) when (JsonCursor.IsMalformed(exception))
        {
            throw new CheckpointException(
                $"{path}: is not valid JSON ({exception.Message}); the file is damaged: fetch it again", exception);
        }
    }

    private static byte[] ReadBounded(string path)
    {
        try
        {
            long length = new FileInfo(RealPath.Resolve(path)).Length;
            return length <= SafetensorsHeader.MaxBytes
                ? WithoutMark(File.ReadAllBytes(path))
                : throw new CheckpointException(
                    $"{path}: has {length} bytes; the limit for an index is {SafetensorsHeader.MaxBytes}: this is no index");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>Drops the byte order mark that some editors put in front.</summary>
    private static byte[] WithoutMark(byte[] json) => json is [0xEF, 0xBB, 0xBF, .. var rest] ? rest : json;

    private static Dictionary<string, string> ReadShards(byte[] json, string path)
    {
        Dictionary<string, string>? shards = null;
        var cursor = new JsonCursor(json, path);
        cursor.EnterObject("the index");
        while (cursor.NextName(out string name))
        {
            if (name != WeightMap)
                cursor.Skip();
            else if (shards is null)
                shards = ReadWeightMap(ref cursor, path);
            else
                throw new CheckpointException($"{path}: states {WeightMap} twice; write the index anew");
        }
        cursor.End();
        return shards ?? throw new CheckpointException($"{path}: has no {WeightMap}; an index maps each tensor to its file there");
    }

    private static Dictionary<string, string> ReadWeightMap(ref JsonCursor cursor, string path)
    {
        var shards = new Dictionary<string, string>(StringComparer.Ordinal);
        cursor.EnterObject(WeightMap);
        while (cursor.NextName(out string tensor))
        {
            if (!shards.TryAdd(tensor, ShardPath(cursor.Text($"the file of tensor {Shown.Text(tensor)}"), tensor, path)))
            {
                throw new CheckpointException(
                    $"{path}: tensor {Shown.Text(tensor)} is listed twice; names must be unique: write the index anew");
            }
        }
        return shards;
    }

    private static string ShardPath(string file, string tensor, string path)
    {
        bool plain = !file.Any(character => char.IsControl(character) || character is '\\' or ':');
        bool inside = plain && !Path.IsPathRooted(file) && file.Split('/').All(part => part is not ("" or "." or ".."));
        return inside
            ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file)
            : throw new CheckpointException(
                $"{path}: puts tensor {Shown.Text(tensor)} in {Shown.Text(file)}; " +
                "a shard must be named by a relative path inside the index's folder: correct the index");
    }
}

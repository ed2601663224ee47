using System.Text.Json;
using System.Text.Json.Nodes;

namespace VitGrid.Model.Configs;

/// <summary>Writes the JSON files of a checkpoint.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes <paramref name="json"/>, indented, as <paramref name="name"/> in <paramref name="directory"/>.</summary>
    public static void Write(string directory, string name, JsonObject json) =>
        File.WriteAllText(Path.Combine(directory, name), json.ToJsonString(Indented) + "\n");
}

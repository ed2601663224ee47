using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace VitGrid.LoadTest.Processes;

/// <summary>Folders that share a checkpoint's weights as hard links.</summary>
internal static class SizedModel
{
    private const string Preprocessing = "preprocessor_config.json";

    /// <summary>
    /// The same checkpoint with images of <paramref name="size"/> pixels a side: its preprocessing says so, and the position embedding is
    /// interpolated.
    /// </summary>
    public static string From(string model, int size, string scratch)
    {
        string folder = Path.Combine(scratch, string.Create(CultureInfo.InvariantCulture, $"{NameOf(model)}-{size}px"));
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(model).Where(file => Path.GetFileName(file) != Preprocessing))
            Link(file, folder);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(model, Preprocessing)))!;
        (config["size"], config["crop_size"]) = (size, size);
        File.WriteAllText(Path.Combine(folder, Preprocessing), config.ToJsonString());
        return folder;
    }

    /// <summary>Puts <paramref name="file"/> into <paramref name="folder"/> without a second copy of its bytes.</summary>
    /// <exception cref="IOException">The two are on different file systems.</exception>
    public static void Link(string file, string folder)
    {
        using Process link = Process.Start("ln", ["-f", Path.GetFullPath(file), folder]);
        link.WaitForExit();
        if (link.ExitCode != 0)
            throw new IOException($"{file} cannot be linked into {folder}; both must lie on one file system: choose --scratch accordingly");
    }

    /// <summary>A folder's name.</summary>
    public static string NameOf(string model) => Path.GetFileName(Path.TrimEndingDirectorySeparator(model));
}

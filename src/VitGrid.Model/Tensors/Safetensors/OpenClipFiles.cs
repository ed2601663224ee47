namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>The files of OpenCLIP, which lie in a folder of their own or beside the same weights under other names.</summary>
internal static class OpenClipFiles
{
    /// <summary>The weights, under OpenCLIP's names.</summary>
    public const string Weights = "open_clip_model.safetensors";

    /// <summary>The config that belongs to them.</summary>
    public const string Config = "open_clip_config.json";

    /// <summary>Whether a folder holds both, whatever else it holds.</summary>
    public static bool AreIn(string directory) =>
        File.Exists(Path.Combine(directory, Weights)) && File.Exists(Path.Combine(directory, Config));
}

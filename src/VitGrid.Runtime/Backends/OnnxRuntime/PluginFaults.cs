namespace VitGrid.Runtime.Backends.OnnxRuntime;

/// <summary>
/// Says what keeps a plug-in's library from being loaded, from the words of ONNX Runtime, the loader and the library. Pure.
/// </summary>
internal static class PluginFaults
{
    /// <summary>The fault behind a refusal.</summary>
    /// <param name="path">The library's path.</param>
    /// <param name="message">What ONNX Runtime said.</param>
    /// <param name="version">ONNX Runtime's version.</param>
    public static DeviceFault FromText(string path, string message, string version)
    {
        string reason = Reason(message);
        if (reason.Contains("undefined symbol: CreateEpFactories", StringComparison.Ordinal))
            return new(
                $"{path} is no plug-in of ONNX Runtime: it has no CreateEpFactories",
                "name the provider's library, such as libonnxruntime_providers_openvino_plugin.so");
        if (reason.Contains("cannot open shared object file", StringComparison.Ordinal))
            return new(
                $"{path} does not load: {reason}",
                "install the library that it misses, or lay it beside the provider's");
        if (reason.Contains("invalid ELF header", StringComparison.Ordinal) || reason.Contains("file too short", StringComparison.Ordinal))
            return new($"{path} does not load: {reason}", "it is no library of this platform; fetch it again");
        return new(
            $"{path} does not load: {reason}",
            $"use a plug-in built for ONNX Runtime {version}, which this program has");
    }

    /// <summary>The words of the loader or the library, without the places in ONNX Runtime's source that they come through.</summary>
    private static string Reason(string message)
    {
        string line = message.ReplaceLineEndings(" ").Trim();
        int loader = line.LastIndexOf("with error: ", StringComparison.Ordinal);
        if (loader >= 0)
            return line[(loader + "with error: ".Length)..].Trim();
        int code = line.IndexOf("] ", StringComparison.Ordinal);
        return code >= 0 ? line[(code + 2)..].Trim() : line;
    }
}

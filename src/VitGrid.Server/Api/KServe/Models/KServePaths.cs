namespace VitGrid.Server.Api.KServe.Models;

/// <summary>The paths of KServe's protocol.</summary>
internal static class KServePaths
{
    public const string Root = "/v2";
    public const string Health = "/v2/health";
    public const string Models = "/v2/models";
    public const string Repository = "/v2/repository";
    public const string SystemMemory = "/v2/systemsharedmemory";
    public const string CudaMemory = "/v2/cudasharedmemory";

    /// <summary>A model, with a version or without.</summary>
    public static IReadOnlyList<string> Model { get; } = ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"];
}

/// <summary>The model that a path names.</summary>
internal static class ModelInPath
{
    /// <summary>The only version that a model has.</summary>
    public const string Version = "1";

    /// <summary>The model's name; a slash in it comes as <c>%2F</c>.</summary>
    public static string Name(HttpRequest request) => Uri.UnescapeDataString((string)request.RouteValues["model"]!);

    /// <summary>The version; null where the path has none.</summary>
    public static string? VersionOf(HttpRequest request) => (string?)request.RouteValues["version"];
}

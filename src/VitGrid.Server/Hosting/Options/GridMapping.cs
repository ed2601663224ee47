using VitGrid.Engine.Options;
using VitGrid.Model.Segments;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Where a named checkpoint lies.</summary>
/// <param name="Name">The name clients use when the operator gave none.</param>
/// <param name="Directory">Folder of the checkpoint.</param>
internal sealed record ModelLocation(string Name, string Directory);

/// <summary>The one place where server options become grid options.</summary>
internal static class GridMapping
{
    /// <param name="options">What was configured.</param>
    /// <param name="locate">Finds the folder of a name, folder or hub id.</param>
    /// <param name="fallback">The model served when none is named.</param>
    /// <param name="automatic">The precision that <c>auto</c> means on these devices.</param>
    public static GridOptions ToGrid(this ServerOptions options, Func<string, ModelLocation> locate, string fallback, Precision automatic)
    {
        IReadOnlyList<ModelSettings> models = options.Models.Count > 0 ? options.Models : [new ModelSettings { Model = fallback }];
        return new(options) { Models = [.. models.Select(model => ToGrid(model, locate(model.Model), automatic))] };
    }

    private static ModelOptions ToGrid(ModelSettings model, ModelLocation location, Precision automatic) => new()
    {
        Name = model.Name ?? location.Name,
        Directory = location.Directory,
        Precision = model.Precision ?? automatic,
        Segments = model.Segments,
        Replicas = model.Replicas,
        Preprocess = model.Preprocess,
    };
}

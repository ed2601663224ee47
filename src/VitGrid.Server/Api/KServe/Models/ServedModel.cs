using VitGrid.Engine.Errors;
using VitGrid.Engine.Models;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.KServe.Models;

/// <summary>Finds what clients of KServe's protocol name.</summary>
internal static class ServedModel
{
    /// <summary>The model of a name and version, for whoever may use it.</summary>
    /// <exception cref="ApiException">There is none, or it is not for the caller.</exception>
    public static ModelInfo Find(GridGateway grid, Caller caller, string name, string? version)
    {
        CallerChecks.DemandModel(caller, name);
        ModelInfo model = grid.Find(name);
        DemandVersion(name, version);
        return model;
    }

    /// <exception cref="ApiException">A model has no such version.</exception>
    public static void DemandVersion(string model, string? version)
    {
        if (!string.IsNullOrEmpty(version) && version != ModelInPath.Version)
        {
            throw new ApiException(ApiCode.ModelNotFound,
                $"model '{Quote.Short(model)}' has no version '{Quote.Short(version)}'; it has version {ModelInPath.Version} alone: name "
                    + "it, or none");
        }
    }

    /// <summary>The state of a model that answers.</summary>
    public const string Ready = "READY";

    /// <summary>A model's state as repositories tell it.</summary>
    public static string State(ModelInfo model) => model.State switch
    {
        ModelState.Ready => Ready,
        ModelState.Loading => "LOADING",
        _ => "UNAVAILABLE",
    };
}

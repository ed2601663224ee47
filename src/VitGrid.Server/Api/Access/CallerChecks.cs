using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>Whether a caller may use what a request asks for. Pure.</summary>
internal static class CallerChecks
{
    /// <exception cref="ApiException">The caller may not use the model; whether it exists is not told.</exception>
    public static void DemandModel(Caller caller, string? model)
    {
        if (string.IsNullOrEmpty(model) || caller.MayUse(model))
            return;
        throw new ApiException(ApiCode.ModelForbidden,
            $"'{caller.Name}' may not use model '{Quote.Short(model)}'; it may use {string.Join(", ", caller.Models)}", "model");
    }

    /// <exception cref="ApiException">The caller may not use the lane.</exception>
    public static void DemandLane(Caller caller, Lane lane)
    {
        if (caller.MayUse(lane))
            return;
        string name = lane == Lane.Bulk ? "bulk" : "interactive";
        throw new ApiException(ApiCode.LaneForbidden,
            $"'{caller.Name}' may not use priority {name}; it may use {AccessWords.Format(caller.Lanes)}", "priority");
    }
}

using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Access;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>
/// Whether a caller may have a file's lines run. A batch is one job of one model, that of its first good line, in the lane bulk; what runs
/// it later asks nobody any more.
/// </summary>
internal sealed class BatchAccess(BatchLines lines, GridGateway grid)
{
    /// <exception cref="Errors.ApiException">It may not.</exception>
    public void Check(Caller caller, string file)
    {
        CallerChecks.DemandLane(caller, Lane.Bulk);
        if (caller.Models.Count == 0)
            return;
        BatchLine? lead = lines.Of(file).FirstOrDefault(line => line.Fault is null);
        if (lead?.Fields is { } fields)
            CallerChecks.DemandModel(caller, string.IsNullOrEmpty(fields.Model) ? grid.Find(null).Name : fields.Model);
    }
}

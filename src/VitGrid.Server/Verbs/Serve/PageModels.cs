using VitGrid.Server.Api.Pages;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>What the page tells of the models in this machine's folders: what the verbs do.</summary>
internal static class PageModels
{
    /// <summary>Images of a batch that is planned for.</summary>
    private const int Batch = 8;

    /// <param name="context">Where models lie, and come from.</param>
    /// <param name="mayPull">Whether models may be fetched.</param>
    public static DiskModels Of(VerbContext context, bool mayPull) => new(() => ModelsList.Known(context.Roots))
    {
        Verify = (name, cancellationToken) => ModelsVerify.Facts(Find(context.Roots, name), cancellationToken),
        Plan = (name, devices, precision) => ModelsPlan.Facts(Find(context.Roots, name), new(devices, 0, precision, Batch, [])),
        Forms = FormMeasurement.Forms,
        Measure = (name, devices, form, cancellationToken) =>
            FormMeasurement.Run(Find(context.Roots, name), devices, form, cancellationToken),
        IsHubId = text => HubId.TryParse(text, out _),
        Pull = mayPull ? (id, tell, cancellationToken) => PullAsync(context, id, tell, cancellationToken) : null,
    };

    private static Task PullAsync(VerbContext context, string text, Action<PullStatus> tell, CancellationToken cancellationToken) =>
        !HubId.TryParse(text, out HubId? id)
            ? throw new UsageException($"'{text}' is no model's id on the hub")
            : new HubModels(context).PullAsync(
                id, progress => tell(new(text, progress.Files, progress.DoneBytes, progress.Bytes)), cancellationToken);

    /// <summary>Known ones alone: a path or a hub's id is no name of a page.</summary>
    private static LocatedModel Find(ModelRoots roots, string name) => new ModelLocator(roots).Known().Single(model => model.Name == name);
}

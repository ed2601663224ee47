using VitGrid.Hub;
using VitGrid.Hub.Pulling;

namespace VitGrid.Server.Verbs.Models;

/// <summary>Fetches models from the hub, and shows how far that is.</summary>
internal sealed class HubModels(VerbContext context)
{
    /// <summary>Fetches what is missing of a model.</summary>
    /// <returns>Its folder in the cache.</returns>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public async Task<string> PullAsync(HubId id, CancellationToken cancellationToken)
    {
        HubSettings settings = Settings();
        using HubPuller puller = new(settings) { Say = context.Terminal.Say };
        PullProgress now = default;
        PullResult? result = null;
        await ProgressDisplay.RunAsync(
            context.Terminal,
            () => now.Files == 0
                ? $"fetching {id} from {settings.Endpoint.Host}"
                : $"fetching {id}: {Amounts.Bytes(now.DoneBytes)} of {Amounts.Bytes(now.Bytes)} in {now.Files} files",
            context.Terminal.ErrorIsTerminal,
            async report => result = await puller.PullAsync(
                id.Repository,
                id.Revision,
                id.Folder,
                progress =>
                {
                    lock (puller)
                    {
                        now = progress;
                        report(progress.Bytes == 0 ? 0 : (double)progress.DoneBytes / progress.Bytes);
                    }
                },
                cancellationToken));
        context.Terminal.Say(
            $"{id} at {result!.Commit[..8]}: {result.Files} files, {Amounts.Bytes(result.Bytes)}, of which "
            + $"{Amounts.Bytes(result.FetchedBytes)} came now, in {result.Folder}");
        return result.Folder;
    }

    /// <summary>The same, told to whoever asked instead of a terminal.</summary>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public async Task PullAsync(HubId id, Action<PullProgress> tell, CancellationToken cancellationToken)
    {
        using HubPuller puller = new(Settings()) { Say = context.Terminal.Say };
        await puller.PullAsync(id.Repository, id.Revision, id.Folder, tell, cancellationToken);
    }

    /// <summary>
    /// Fetches those of the named models that are the hub's. One that cannot be fetched and lies in the cache is served as it is there.
    /// </summary>
    /// <exception cref="HubException">One cannot be fetched and is not in the cache.</exception>
    public async Task PullAsync(IEnumerable<string> models, CancellationToken cancellationToken)
    {
        ModelLocator locator = new(context.Roots);
        foreach (string model in models.Distinct(StringComparer.Ordinal))
        {
            if (locator.Known().Any(known => known.Name == model) || ModelPath.Find(model) is not null
                || !HubId.TryParse(model, out HubId? id))
                continue;
            try
            {
                await PullAsync(id, cancellationToken);
            }
            catch (HubException exception) when (IsCached(id))
            {
                context.Terminal.Say($"{id} is served as it lies in the cache: {exception.Message}");
            }
        }
    }

    private HubSettings Settings() => HubSettings.FromEnvironment(context.Roots.HubCaches[0], context.Variable) with
    {
        FreeBytes = context.FreeBytes,
    };

    private bool IsCached(HubId id)
    {
        try
        {
            return HubCache.Find(id, context.Roots.HubCaches).Length > 0;
        }
        catch (VerbException)
        {
            return false;
        }
    }
}

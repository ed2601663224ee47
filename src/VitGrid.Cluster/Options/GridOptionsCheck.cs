using System.Numerics;
using VitGrid.Engine.Options;

namespace VitGrid.Cluster.Options;

/// <summary>Checks <see cref="GridOptions"/> as a whole.</summary>
public static class GridOptionsCheck
{
    /// <summary>Every fault, each naming the setting, its value and its bounds; empty when there is none.</summary>
    public static IReadOnlyList<string> Faults(GridOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> faults = [];
        // A front end has neither.
        if (options is { Models.Count: 0, Devices.Count: 0, Cluster.IsClustered: true })
            return CheckRest(options, faults);
        CheckModels(options, faults);
        if (options.Devices.Count == 0)
            faults.Add("Devices is empty; name at least one, such as cpu:0");
        faults.AddRange(DeviceOptionsCheck.Faults(options));
        return CheckRest(options, faults);
    }

    private static List<string> CheckRest(GridOptions options, List<string> faults)
    {
        InRange(faults, "Batching:MaxBatchSize", options.Batching.MaxBatchSize, 1, 256);
        InRange(faults, "Batching:MaxBatchGigaflop", options.Batching.MaxBatchGigaflop, 1, 1_000_000);
        InRange(faults, "Batching:MaxDelayMilliseconds", options.Batching.MaxDelayMilliseconds, 0, 1_000);
        InRange(faults, "Batching:InteractiveWeight", options.Batching.InteractiveWeight, 1, 100);
        CheckPreferredSizes(options.Batching, faults);
        InRange(faults, "Queue:MaxImages", options.Queue.MaxImages, 1, 1_000_000);
        InRange(faults, "Queue:MaxBytes", options.Queue.MaxBytes, 1L << 20, 1L << 40);
        InRange(faults, "Queue:DefaultTimeoutMilliseconds", options.Queue.DefaultTimeoutMilliseconds, 1, 3_600_000);
        InRange(faults, "Images:MaxFileBytes", options.Images.MaxFileBytes, 1_000, 2_000_000_000);
        InRange(faults, "Images:MaxPixels", options.Images.MaxPixels, 1, 1L << 31);
        InRange(faults, "DecodeThreads", options.DecodeThreads, 1, 1_024);
        InRange(faults, "Cluster:SiloPort", options.Cluster.SiloPort, 0, 65_535);
        InRange(faults, "Cluster:GatewayPort", options.Cluster.GatewayPort, 0, 65_535);
        InRange(faults, "Shutdown:DrainMilliseconds", options.Shutdown.DrainMilliseconds, 1, 3_600_000);
        InRange(faults, "Cluster:DataPort", options.Cluster.DataPort, 0, 65_535);
        InRange(faults, "Cluster:AdvertisedDataPort", options.Cluster.AdvertisedDataPort, 0, 65_535);
        InRange(faults, "Cluster:ProbeMilliseconds", options.Cluster.ProbeMilliseconds, 200, 60_000);
        InRange(faults, "Cluster:MaxProbeMilliseconds", options.Cluster.MaxProbeMilliseconds, 200, 60_000);
        InRange(faults, "Cluster:MissedProbes", options.Cluster.MissedProbes, 1, 10);
        InRange(faults, "Cluster:Votes", options.Cluster.Votes, 1, 10);
        InRange(faults, "Cluster:DirectoryLeaseMilliseconds", options.Cluster.DirectoryLeaseMilliseconds, 0, 60_000);
        InRange(faults, "Cluster:PingMilliseconds", options.Cluster.PingMilliseconds, 50, 10_000);
        InRange(faults, "Cluster:PeerSilenceMilliseconds", options.Cluster.PeerSilenceMilliseconds, 200, 60_000);
        InRange(faults, "Cluster:BatchMilliseconds", options.Cluster.BatchMilliseconds, 1_000, 3_600_000);
        faults.AddRange(ClusterOptionsCheck.Faults(options.Cluster));
        CacheOptionsCheck.Check(options.Cache, faults);
        faults.AddRange(IndexingOptionsCheck.Faults(options.Indexing));
        UrlFetchOptionsCheck.Check(options.UrlFetch, faults);
        return faults;
    }

    private static void CheckPreferredSizes(BatchingOptions batching, List<string> faults)
    {
        InRange(faults, "The number of Batching:PreferredSizes", batching.PreferredSizes.Count, 0, 16);
        foreach (int size in batching.PreferredSizes)
            InRange(faults, "Batching:PreferredSizes", size, 1, batching.MaxBatchSize);
    }

    private static void CheckModels(GridOptions options, List<string> faults)
    {
        if (options.Models.Count == 0)
            faults.Add("Models is empty; name at least one checkpoint folder");
        foreach (ModelOptions model in options.Models)
        {
            if (string.IsNullOrWhiteSpace(model.Name))
                faults.Add($"Models: the checkpoint in '{model.Directory}' has no name; give it one");
            InRange(faults, $"Models:{model.Name}:Segments", model.Segments, 0, int.MaxValue);
            InRange(faults, $"Models:{model.Name}:Replicas", model.Replicas, 0, 10_000);
        }
        foreach (IGrouping<string, ModelOptions> same in options.Models.GroupBy(model => model.Name).Where(group => group.Count() > 1))
        {
            string folders = string.Join(", ", same.Select(model => model.Directory));
            faults.Add($"Models: '{same.Key}' is the name of {same.Count()} models ({folders}); names must differ");
        }
    }

    /// <summary>Adds a fault if <paramref name="value"/> lies outside its bounds.</summary>
    internal static void InRange<T>(List<string> faults, string setting, T value, T least, T most)
        where T : INumber<T>
    {
        if (value < least || value > most)
            faults.Add($"{setting} is {value}; allowed is {least} to {most}");
    }
}

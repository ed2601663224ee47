using VitGrid.Engine.Options;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Settings that are fine alone and contradict each other. Pure.</summary>
internal static class OptionsChecks
{
    public static IEnumerable<string> Contradictions(ServerOptions options)
    {
        HttpOptions http = options.Http;
        (string Small, long SmallValue, string Large, long LargeValue, string Why)[] atMost =
        [
            ("Batching:MaxBatchSize", options.Batching.MaxBatchSize, "Queue:MaxImages", options.Queue.MaxImages,
                "a full batch could never wait"),
            ("Batching:PreferredSizes", options.Batching.PreferredSizes.DefaultIfEmpty()
                .Max(), "Batching:MaxBatchSize", options.Batching.MaxBatchSize, "no batch is that large"),
            ("Http:MaxInputs", http.MaxInputs, "Queue:MaxImages", options.Queue.MaxImages, "the largest request would always be refused"),
            ("Images:MaxFileBytes", options.Images.MaxFileBytes, "Http:MaxBodyBytes", http.MaxBodyBytes,
                "the largest image could never arrive"),
            ("Http:MaxBodyBytes", http.MaxBodyBytes, "Http:MaxBufferedBytes", http.MaxBufferedBytes,
                "the largest body would always be refused"),
            ("Indexing:MaxItems", options.Indexing.Redis is null ? 0 : options.Indexing.MaxItems, "Queue:MaxImages",
                options.Queue.MaxImages, "the grid would refuse what indexing begins"),
            ("Indexing:BackoffMilliseconds", options.Indexing.BackoffMilliseconds, "Indexing:MaxBackoffMilliseconds",
                options.Indexing.MaxBackoffMilliseconds, "the first pause would be longer than the longest"),
            ("Indexing:SpoolFileBytes", options.Indexing.SpoolFileBytes, "Indexing:SpoolBytes", options.Indexing.SpoolBytes,
                "the largest file could never be stored"),
            ("Images:MaxFileBytes", options.Images.MaxFileBytes, "Queue:MaxBytes", options.Queue.MaxBytes,
                "the largest image would always be refused"),
        ];
        return atMost.Where(rule => rule.SmallValue > rule.LargeValue)
            .Select(rule => $"VitGrid:{rule.Small} ({rule.SmallValue:N0}) is above VitGrid:{rule.Large} ({rule.LargeValue:N0}): {rule.Why}")
            .Concat(RepeatedNames(options.Models))
            .Concat(SamePorts(options.Cluster))
            .Concat(http.Urls.SelectMany(FaultsOfUrl));
    }

    private static IEnumerable<string> RepeatedNames(IReadOnlyList<ModelSettings> models) => models
        .GroupBy(model => model.Name ?? model.Model)
        .Where(group => group.Key.Length > 0 && group.Count() > 1)
        .Select(group => $"VitGrid:Models names '{group.Key}' {group.Count()} times; give each a Name of its own");

    private static IEnumerable<string> SamePorts(ClusterOptions cluster) => cluster.SiloPort != 0 && cluster.SiloPort == cluster.GatewayPort
        ? [$"VitGrid:Cluster:SiloPort and VitGrid:Cluster:GatewayPort are both {cluster.SiloPort}; give them different ports, or 0 for any "
            + $"free one"]
        : [];

    private static IEnumerable<string> FaultsOfUrl(string url)
    {
        const string Form = "it takes http://HOST:PORT, e.g. http://127.0.0.1:8080 (port 0: any free one); put a proxy in front for https";
        BindingAddress? address = null;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            // BindingAddress has no TryParse; what it cannot read is told below.
        }
        if (address is not { Scheme: "http", PathBase: "" })
            yield return $"VitGrid:Http:Urls holds '{url}'; {Form}";
    }
}

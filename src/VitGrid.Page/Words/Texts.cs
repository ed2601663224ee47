using VitGrid.Cluster.Administration;
using VitGrid.Engine.FrontEnd;

namespace VitGrid.Page.Words;

/// <summary>Every text of the page that is not the API's own.</summary>
internal static class Texts
{
    public const string Product = "VitGrid";
    public const string Skip = "Skip to the content";
    public const string Pages = "Pages";
    public const string Try = "Try";
    public const string Grid = "Grid";
    public const string ServedModels = "Models";
    public const string Jobs = "Jobs";
    public const string Docs = "API";
    public const string SignOut = "Forget the key";
    public const string Connecting = "Connecting…";
    public const string NeedsScript = "This page needs JavaScript, which comes from this server alone. The API works without: GET /docs.";
    public const string ConnectionLost = "The connection to the server is lost; trying again…";
    public const string ConnectionGone = "The server does not know this page any more. Reload it.";
    public const string PageFailed = "The server met a fault of its own while it drew this page, which its log tells. Reload the page.";
    public const string Reload = "Reload";

    public const string KeyTitle = "This server asks for a key";
    public const string KeyLabel = "API key";
    public const string KeyHint = "It begins with vg_: what 'vitgrid keys create NAME' printed. It is kept in the server's memory for this "
        + "browser, never in an address, and forgotten when the server ends or you say so.";
    public const string KeySend = "Open";
    public const string KeyWaiting = "Asking…";

    public const string Workers = "Workers and devices";
    public const string Models = "Models and replicas";
    public const string Rates = "What this process answered";
    public const string Events = "What happened";
    public const string NoEvents = "Nothing yet.";
    public const string NoWorkers = "This process has met no worker yet.";
    public const string NoModels = "No model is known yet.";
    public const string NoReplicas = "No replica is planned.";
    public const string Worker = "Worker";
    public const string State = "State";
    public const string Process = "Process";
    public const string Device = "Device";
    public const string Health = "Health";
    public const string Memory = "Memory";
    public const string Speed = "TFLOP/s";
    public const string NotBounded = "not bounded";
    public const string Replica = "Replica";
    public const string Segment = "Segment";
    public const string Blocks = "Blocks";
    public const string Busy = "Busy";
    public const string Batches = "Batches held";
    public const string Interactive = "interactive";
    public const string Bulk = "bulk";
    public const string Waiting = "Images waiting";
    public const string Drain = "Drain";
    public const string DrainYes = "Drain it";
    public const string DrainNo = "Keep it";
    public const string LastMinute = "Last minute";
    public const string LastHour = "Last hour";
    public const string ImagesPerSecond = "Images/s";
    public const string RequestsPerSecond = "Requests/s";
    public const string FromCache = "From a cache";
    public const string MemoryHits = "Hits in memory";
    public const string RedisHits = "Hits in Redis";
    public const string BatchSize = "Images a batch";
    public const string Median = "Median";
    public const string Percentile95 = "95 %";
    public const string Percentile99 = "99 %";
    public const string Refused = "Images refused";
    public const string Failed = "Images failed";
    public const string None = "–";
    public const string HourChart = "Images per second of each minute of the last hour";
    public const string LoadsUnknown = "The planner does not say at present how busy the workers are.";

    public static string TooManyPages(int open, int limit) => Invariant(
        $"{open} pages are open in this process, of at most {limit} (VitGrid:Http:PageCircuits); close one and try again, or raise it.");

    public static string ScopeMissing(string name, string scope) =>
        $"The key '{name}' may not see this: it needs the scope {scope}. Sign in with a key that has it.";

    public static string Forecast(NextImage? next) => next switch
    {
        { Interactive: { } interactive, Bulk: { } bulk } =>
            $"The next image would be answered in about {Duration(interactive.TotalSeconds)} ({Interactive}) or "
                + $"{Duration(bulk.TotalSeconds)} ({Bulk}), as this process forecasts.",
        _ => "No wait is forecast: this process has fewer images under way than keep the devices busy.",
    };

    public static string FlowOf(int replica) => Invariant($"What flows through replica {replica}");

    public static string Flow(double images, double batches, double bytes) =>
        Invariant($"{images:0.##} images/s, {batches:0.##} batches/s, {Bytes((long)bytes)}/s");

    public static string FlowInto(StageStatus stage) => Invariant($"into segment {stage.Segment} on {stage.Node}/{stage.Device}");

    public static string UpdatedAt(DateTimeOffset at) => Invariant($"As of {at.UtcDateTime:HH:mm:ss} UTC");

    public static string WorkerCame(string node) => $"Worker {node} came";

    public static string WorkerLeft(string node) => $"Worker {node} has left";

    public static string WorkerLost(string node) => $"Worker {node} is lost";

    public static string WorkerDrains(string node) => $"Worker {node} is draining";

    public static string DeviceIs(string node, NodeDevice device) =>
        $"{node}/{device.Device} is {device.State}{(device.Reason is { } reason ? $": {reason}" : "")}";

    public static string ProblemGone(string model) => $"{model} lacks nothing any more";

    public static string ReplicaIs(string model, ReplicaStatus replica) => Invariant(
        $"{model}, replica {replica.Replica}, is {replica.State}: {string.Join(", ", replica.Stages.Select(Place))}");

    public static string ReplicaGone(string model, ReplicaStatus replica) => Invariant(
        $"{model}, replica {replica.Replica}, is freed from {string.Join(", ", replica.Stages.Select(Place))}");

    public static string DrainAsk(string node) =>
        $"Drain {node}? It serves on until its segments are loaded elsewhere, answers what it accepted, and its process ends.";

    public static string DrainLabel(string node) => $"Drain {node}";

    public static string Draining(string node) => $"{node} was asked to drain";

    public static string WaitingOf(string model, int interactive, int bulk) =>
        Invariant($"{model}: {interactive} {Interactive}, {bulk} {Bulk}");

    public static string Percent(double? part) => part is { } known ? Invariant($"{known * 100:0} %") : None;

    public static string Number(double? number) => number is { } known ? Invariant($"{known:0.##}") : None;

    public static string Duration(double? seconds) => seconds switch
    {
        null => None,
        < 1 => Invariant($"{seconds * 1000:0.#} ms"),
        _ => Invariant($"{seconds:0.##} s"),
    };

    public static string Bytes(long? bytes)
    {
        if (bytes is not { } amount)
            return NotBounded;
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = amount < 1024 ? 0 : Math.Min(units.Length - 1, (int)Math.Log(amount, 1024));
        return Invariant($"{amount / Math.Pow(1024, unit):0.##} {units[unit]}");
    }

    private static string Place(StageStatus stage) => $"blocks {stage.Blocks} on {stage.Node}/{stage.Device}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

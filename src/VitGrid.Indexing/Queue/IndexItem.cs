using StackExchange.Redis;
using VitGrid.Engine.Requests;

namespace VitGrid.Indexing.Queue;

/// <summary>An entry of the stream.</summary>
/// <param name="Entry">Its id in the stream.</param>
/// <param name="Job">The job it belongs to; empty where the producer left it out.</param>
/// <param name="Id">What the vector is to be called.</param>
/// <param name="Uri">Where the image is.</param>
/// <param name="Deliveries">
/// How many processes have had it, this one included, but for those that gave it back: deferring, releasing and returning it take nothing
/// off.
/// </param>
internal readonly record struct IndexItem(string Entry, string Job, string Id, string Uri, int Deliveries)
{
    /// <summary>The field of an entry that says how many deliveries were lost before it was added to the stream.</summary>
    internal const string LostField = "lost";

    /// <summary>No count of lost deliveries that stands in an entry goes beyond it.</summary>
    private const int MaxLost = 1_000_000;

    /// <summary>The field of an entry that is to be computed anew, whatever the cache holds.</summary>
    internal const string AnewField = "anew";

    /// <summary>Whether it is to be computed anew: a vector that it had was not to be believed.</summary>
    public bool Anew { get; init; }

    /// <summary>Deliveries that ended with the process that had it.</summary>
    public int Lost => Deliveries - 1;

    /// <summary>Names it in logs and dead letters.</summary>
    public string RequestId => RequestLabel.ForItem(Job, Id);

    /// <summary>Whether the producer wrote all fields.</summary>
    public bool IsWhole => Job.Length > 0 && Id.Length > 0 && Uri.Length > 0;

    public static IndexItem From(string entry, IEnumerable<(string Name, string Value)> fields, int deliveries)
    {
        IndexItem item = new(entry, "", "", "", deliveries);
        foreach ((string name, string value) in fields)
        {
            item = name switch
            {
                "job" => item with { Job = value },
                "id" => item with { Id = value },
                "uri" => item with { Uri = value },
                AnewField => item with { Anew = value == "1" },
                LostField => item with { Deliveries = deliveries + ReadLost(value) },
                _ => item,
            };
        }
        return item;
    }

    /// <summary>Entries of earlier builds and of other programs do not say it; what is no count is none.</summary>
    private static int ReadLost(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int lost) ? Math.Min(lost, MaxLost) : 0;

    public static IndexItem From(StreamEntry entry) =>
        From(entry.Id!, entry.Values.Select(field => ((string)field.Name!, (string)field.Value!)), 1);
}

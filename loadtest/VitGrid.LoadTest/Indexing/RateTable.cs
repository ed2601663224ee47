using System.Globalization;
using VitGrid.LoadTest.Measure;

namespace VitGrid.LoadTest.Indexing;

/// <summary>A line for each load: its rate, and what the server said of itself meanwhile.</summary>
internal sealed class RateTable(Func<Task<ServerReading>> read)
{
    private static readonly string[] Stages = ["decode", "queue", "infer"];

    private readonly List<string> _lines =
    [
        "| load | images/s | images a batch | decode / queue / infer, ms an image |",
        "|---|---|---|---|",
    ];

    /// <summary>As Markdown.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Runs a load and adds its line.</summary>
    /// <returns>What it gave.</returns>
    public async Task<T> AddAsync<T>(string load, Func<Task<T>> run, Func<T, string> rate)
    {
        ServerReading before = await read();
        T result = await run();
        Add(load, rate(result), before, await read());
        return result;
    }

    /// <summary>Adds the line of a load.</summary>
    public void Add(string load, string rate, ServerReading before, ServerReading after)
    {
        IReadOnlyDictionary<string, double> stages = after.StagesSince(before);
        double batches = after.BatchesSince(before).Sum(size => size.Batches);
        double images = after.StageSeconds["infer"].Count - before.StageSeconds.GetValueOrDefault("infer").Count;
        string times = string.Join(
            " / ", Stages.Select(stage => stages.GetValueOrDefault(stage).ToString("0.0", CultureInfo.InvariantCulture)));
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"| {load} | {rate} | {images / batches:0.0} | {times} |"));
    }
}

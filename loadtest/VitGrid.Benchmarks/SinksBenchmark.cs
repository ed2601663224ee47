using System.Diagnostics;
using System.Globalization;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Targets;

namespace VitGrid.Benchmarks;

/// <summary>Rows a second of a sink: parts prepared, committed and finished as a worker does it.</summary>
internal static class SinksBenchmark
{
    private const int RowsInPart = 1_000;

    /// <summary>Measures each of <paramref name="specs"/>; without any, the file sinks in a folder of its own.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(string[] specs, int rows, int dimensions, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("vitgrid-benchmark-").FullName;
        try
        {
            string[] measured = specs is [] ? Array.ConvertAll(["jsonl", "npy", "npy16", "parquet"], kind => OwnSpec(kind, folder)) : specs;
            SinkRow[] vectors = Vectors(rows, dimensions);
            List<string> lines = ["rows/s   CPU ms/row   finish s   sink"];
            foreach (string spec in measured)
                lines.Add(await MeasureAsync(SinkSpec.Parse(spec), vectors, dimensions, cancellationToken));
            return lines;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> MeasureAsync(SinkSpec spec, SinkRow[] rows, int dimensions, CancellationToken cancellationToken)
    {
        await using IVectorSink sink = spec.Create("benchmark");
        await sink.OpenAsync(new("random", "0", "fp32", "none", 0, "cls", Normalized: true, dimensions), cancellationToken);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        int part = 0;
        foreach (SinkRow[] chunk in rows.Chunk(RowsInPart))
        {
            string name = $"{Guid.NewGuid():N}-{part++}";
            await sink.PrepareAsync(name, chunk, cancellationToken);
            await sink.CommitAsync(name, chunk, cancellationToken);
        }
        TimeSpan written = Stopwatch.GetElapsedTime(start);
        double milliseconds = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / rows.Length;
        start = Stopwatch.GetTimestamp();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        await sink.FinishAsync(new("benchmark", rows.Length, 0, 0, now, now), cancellationToken);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{rows.Length / written.TotalSeconds,6:F0}   {milliseconds,10:F3}   {Stopwatch.GetElapsedTime(start).TotalSeconds,8:F2}   "
                + $"{spec.ToString().Split(':')[0]} {Options(spec)}");
    }

    private static string Options(SinkSpec spec) =>
        string.Join(' ', spec.Text.Split(';').Where(
            option => option.StartsWith("type=", StringComparison.Ordinal) || option.StartsWith("index=", StringComparison.Ordinal)));

    private static string OwnSpec(string kind, string folder) =>
        kind == "npy16" ? $"npy:{folder}/npy16;type=fp16" : $"{kind}:{folder}/{kind}";

    /// <summary>Seeded unit vectors.</summary>
    private static SinkRow[] Vectors(int rows, int dimensions)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, rows).Select(i => new SinkRow($"images/{i:D8}.jpg", Vector(random, dimensions)))];
    }

    private static float[] Vector(Random random, int dimensions)
    {
        float[] vector = [.. Enumerable.Range(0, dimensions).Select(_ => random.NextSingle() - 0.5f)];
        float norm = MathF.Sqrt(vector.Sum(number => number * number));
        return Array.ConvertAll(vector, number => number / norm);
    }
}

using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using VitGrid.LoadTest.Failures;
using VitGrid.LoadTest.Objects;
using VitGrid.LoadTest.Processes;
using VitGrid.LoadTest.Spread;
using VitGrid.LoadTest.Trials;

namespace VitGrid.LoadTest.Indexing;

/// <summary>
/// One server that indexes the same images from files, from tar archives, from archives in gzip and from such archives of a bucket, taking
/// turns: images a second, and what the worker's processor and memory have to do with it.
/// </summary>
internal sealed class IndexSources(IndexSourcesOptions options, TextWriter log)
{
    private const double PartOfFiles = 0.9;
    private const string BucketName = "public-archives";

    /// <summary>What the server is told to serve: the default model, a checkpoint's folder, or one beside it for another size.</summary>
    private string Model { get; } = options.Size is { } size ? SizedModel.From(options.Model, size, options.Scratch) : options.Model;

    private string Files => Path.Combine(options.Folder, "files");

    private string Archives => Path.Combine(options.Folder, "archives");

    private string Packed => Path.Combine(options.Folder, "packed");

    private string Bucket => Path.Combine(options.Folder, BucketName);

    public async Task<(IReadOnlyList<string> Lines, IReadOnlyList<Check> Checks)> RunAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(options.Folder))
            Directory.Delete(options.Folder, recursive: true);
        Draw();
        File.Copy(Path.Combine(Archives, "a.tar"), Path.Combine(Bucket, "a.tar"));
        using RedisProcess redis = await RedisProcess.StartAsync(
            Ports.Take(1)[0], Path.Combine(options.Folder, "redis"), cancellationToken);
        using ChildProcess store = Store(out Uri address);
        string[] objects = S3Server.Settings(address, BucketName);
        using ServerProcess serving = await ServerProcess.StartReadyAsync(
            options.Server, [.. Serve(redis), .. objects], cancellationToken);
        WatchedQueue queue = new(redis);
        Dictionary<string, List<double>> rates = new() { [Files] = [], [Archives] = [], [Packed] = [], [Bucket] = [] };
        List<string> lines = ["| source | images/s | worker's processor, ms an image | resident most, MiB |", "|---|---|---|---|"];
        await MeasureAsync(serving, queue, Files, "warm", [], cancellationToken);
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (string source in rates.Keys)
            {
                log.WriteLine($"round {round} of {options.Rounds}: {Path.GetFileName(source)}");
                string job = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(source)}-{round}");
                (double rate, string line) = await MeasureAsync(serving, queue, source, job, objects, cancellationToken);
                rates[source].Add(rate);
                lines.Add(line);
            }
        }
        double files = rates[Files].Average();
        return (lines,
        [
            Check.AtLeast("part of the rate of files that tar archives reach", rates[Archives].Average() / files, PartOfFiles, ""),
            Check.AtLeast("part of the rate of files that archives in gzip reach", rates[Packed].Average() / files, PartOfFiles, ""),
            Check.AtLeast("part of the rate of files that archives of a bucket reach", rates[Bucket].Average() / files, PartOfFiles, ""),
        ]);
    }

    private async Task<(double Rate, string Line)> MeasureAsync(
        ServerProcess serving, WatchedQueue queue, string source, string job, string[] objects, CancellationToken cancellationToken)
    {
        TimeSpan before = ProcessorTime(serving);
        string[] named = source == Bucket ? [$"s3://{BucketName}/", .. objects] : [source];
        QueuedJob result = await QueuedJob.RunAsync(
            options.Server, queue, SizedModel.NameOf(Model), named, $"{source}-{job}.jsonl", job, cancellationToken);
        double each = (ProcessorTime(serving) - before).TotalMilliseconds / options.Images;
        double peak = ProcessMemory.From(serving.Process.Id).Peak / (double)(1 << 20);
        return (result.PerSecond, string.Create(
            CultureInfo.InvariantCulture, $"| {Path.GetFileName(source)} | {result.PerSecond:0.#} | {each:0.0} | {peak:0} |"));
    }

    private static TimeSpan ProcessorTime(ServerProcess serving)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(serving.Process.Id);
        return process.TotalProcessorTime;
    }

    /// <summary>The bucket's server, a process of its own.</summary>
    private ChildProcess Store(out Uri address)
    {
        int port = Ports.Take(1)[0];
        address = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        return ChildProcess.Start(
            "dotnet", [typeof(IndexSources).Assembly.Location, "s3-server", "--folder", options.Folder, "--port", $"{port}"]);
    }

    private void Draw()
    {
        foreach (string folder in (string[])[Files, Archives, Packed, Bucket])
            Directory.CreateDirectory(folder);
        using FileStream plain = File.Create(Path.Combine(Archives, "a.tar")), packed = File.Create(Path.Combine(Packed, "a.tgz"));
        using GZipStream gzip = new(packed, CompressionLevel.Fastest);
        using TarWriter tar = new(plain, TarEntryFormat.Ustar), tgz = new(gzip, TarEntryFormat.Ustar);
        for (int i = 0; i < options.Images; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{i:000000}.bmp"), file = Path.Combine(Files, name);
            File.WriteAllBytes(file, NoiseImage.Bmp(i, options.Side));
            tar.WriteEntry(file, name);
            tgz.WriteEntry(file, name);
        }
    }

    private string[] Serve(RedisProcess redis) =>
    [
        "--model", Model, "--queue-redis", redis.Address, "--VitGrid:Cache:MemoryBytes=0",
        $"--VitGrid:Indexing:Roots={options.Folder}", $"--VitGrid:Indexing:SinkRoots={options.Folder}", .. options.Serve,
    ];
}

/// <summary>What <c>index-sources</c> was asked for.</summary>
/// <param name="Server">vitgrid.dll.</param>
/// <param name="Images">Indexed from each source in each round.</param>
/// <param name="Rounds">How often the sources take turns.</param>
/// <param name="Folder">Where everything is; emptied first.</param>
/// <param name="Serve">Passed on to <c>vitgrid serve</c>.</param>
internal sealed record IndexSourcesOptions(string Server, int Images, int Rounds, string Folder, IReadOnlyList<string> Serve)
{
    /// <summary>A model's name, or a checkpoint's folder.</summary>
    public string Model { get; init; } = ChaosGrid.Model;

    /// <summary>Input side of the encoder in pixels, for which <see cref="Model"/> is a folder; null is the checkpoint's own.</summary>
    public int? Size { get; init; }

    /// <summary>Where the folder for another size is made; emptied by nobody.</summary>
    public string Scratch => Folder + "-models";

    /// <summary>Width and height of the images in pixels, a multiple of 4.</summary>
    public int Side { get; init; } = 32;
}

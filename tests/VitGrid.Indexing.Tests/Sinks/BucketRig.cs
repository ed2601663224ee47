using Microsoft.AspNetCore.Http;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Targets;
using VitGrid.Indexing.Tests.Archives;
using VitGrid.LoadTest.Objects;
using VitGrid.S3;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>A bucket over real HTTP, and sinks in it.</summary>
internal sealed class BucketRig : IAsyncDisposable
{
    public const string Bucket = "public-vectors";

    private readonly S3Rig _rig;
    private readonly S3Store _store;

    private BucketRig(S3Rig rig) => (_rig, _store) = (rig, new(
        new() { Endpoint = rig.Server.Address, Anonymous = true, Retries = 2, Timeout = TimeSpan.FromSeconds(5) }));

    public S3Server Server => _rig.Server;

    public S3Rig Rig => _rig;

    public static async Task<BucketRig> StartAsync() => new(await S3Rig.StartAsync());

    /// <summary>A sink of the bucket; <paramref name="spec"/> is e.g. <c>npy:out</c>.</summary>
    public static SinkSpec Spec(string spec) =>
        SinkSpec.Parse(spec.Insert(spec.IndexOf(':', StringComparison.Ordinal) + 1, $"s3://{Bucket}/"));

    public SinkAccess Access(string job = "job") => new(job) { Objects = () => _store };

    /// <summary>An open sink, as another worker has one each time.</summary>
    public async Task<IVectorSink> OpenAsync(string spec, string job = "job", SinkSchema? schema = null)
    {
        IVectorSink sink = Spec(spec).Create(Access(job));
        await sink.OpenAsync(schema ?? SinkRig.Schema, default);
        return sink;
    }

    /// <summary>An object's file.</summary>
    public string At(params string[] parts) => Path.Combine([_rig.At(Bucket), .. parts]);

    /// <summary>Keys of all objects.</summary>
    public string[] Objects() =>
    [
        .. Directory.EnumerateFiles(At(), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(At(), file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Keys of parts that whoever reads the bucket sees.</summary>
    public string[] Seen() => [.. Objects().Where(key => Path.GetFileName(key).StartsWith("part-", StringComparison.Ordinal))];

    /// <summary>What goes wrong with requests of one kind, and how often.</summary>
    public void Fail(Func<HttpRequest, bool> which, int fault, int times = int.MaxValue)
    {
        int left = times;
        Server.Fault = request => which(request) && Interlocked.Decrement(ref left) >= 0 ? fault : 0;
    }

    /// <summary>Whether a request decides the fate of a part.</summary>
    public static bool IsDecision(HttpRequest request) =>
        request.Method == "PUT" && request.Path.Value!.EndsWith(".entry.json", StringComparison.Ordinal);

    /// <summary>Whether a request makes an object of an upload.</summary>
    public static bool IsCompletion(HttpRequest request) => request.Method == "POST" && request.Query.ContainsKey("uploadId");

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return _rig.DisposeAsync();
    }
}

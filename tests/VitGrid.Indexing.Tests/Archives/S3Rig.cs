using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Submission;
using VitGrid.LoadTest.Objects;
using VitGrid.Runtime.Images;
using VitGrid.S3;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>
/// A store over real HTTP with buckets that a test fills: <c>public-images</c>, <c>public-other</c>, <c>public-vectors</c>, <c>private</c>.
/// </summary>
internal sealed class S3Rig : IAsyncDisposable
{
    private readonly UrlFetcher _urls = new(new(), 1_000, TimeProvider.System);

    private S3Rig(ArchiveFolder folder, S3Server server) => (Folder, Server) = (folder, server);

    /// <summary>The folder whose folders are buckets.</summary>
    public ArchiveFolder Folder { get; }

    public S3Server Server { get; }

    /// <summary>How a worker without credentials reads <c>public-images</c>.</summary>
    public S3Options Options => new()
    {
        Endpoint = Server.Address.ToString(), Anonymous = true, Buckets = ["public-images"], TimeoutMilliseconds = 5_000,
    };

    public static async Task<S3Rig> StartAsync()
    {
        ArchiveFolder folder = new();
        foreach (string bucket in (string[])["public-images/deep", "public-other", "public-vectors", "private"])
            Directory.CreateDirectory(folder.At(bucket));
        return new(folder, await S3Server.StartAsync(folder.Root));
    }

    public string At(string name) => Folder.At(name);

    /// <summary>What a source gives to whoever submits it.</summary>
    public SourceLine[] Read(string source)
    {
        using S3Store store = ObjectStore.Open(Options);
        return [.. SourceReader.Read([source], store)];
    }

    /// <summary>How a worker reads.</summary>
    public ImageFetch Fetch(S3Options? options = null) =>
        new(new() { S3 = options ?? Options }, new ImageLimits { MaxFileBytes = 3_000_000 }, _urls);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _urls.Dispose();
        Folder.Dispose();
    }
}

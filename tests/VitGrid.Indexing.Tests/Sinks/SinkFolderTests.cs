using VitGrid.Engine.Options;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>In which folders a worker writes that a job names.</summary>
public sealed class SinkFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-sinks-").FullName;

    public SinkFolderTests()
    {
        Directory.CreateDirectory(At("allowed"));
        Directory.CreateDirectory(At("allowed-not"));
        Directory.CreateSymbolicLink(At("allowed/out"), At("allowed-not"));
    }

    [Theory]
    [InlineData("jsonl", "allowed-not/vectors.jsonl")]
    [InlineData("npy", "allowed/../allowed-not/vectors")]
    [InlineData("parquet", "allowed/out/vectors")]
    [InlineData("jsonl", "vectors.jsonl")]
    public void A_folder_beyond_those_that_the_operator_names_is_refused(string kind, string path)
    {
        SinkException refused = Assert.Throws<SinkException>(() => Factory().Create("a", $"{kind}:{At(path)}"));
        Assert.Equal(SinkFault.Refused, refused.Fault);
        Assert.Contains("Indexing:SinkRoots", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jsonl", "allowed/vectors.jsonl")]
    [InlineData("npy", "allowed/new/vectors")]
    public async Task A_folder_of_the_operators_is_written_to(string kind, string path) =>
        await Factory().Create("a", $"{kind}:{At(path)}").DisposeAsync();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SinkFactory Factory() => new(new IndexingOptions { SinkRoots = [At("allowed")] });

    private string At(string path) => Path.Combine(_folder, path);
}

using System.Text.Json;
using VitGrid.Indexing.Jobs;
using VitGrid.Tests.Golden;

namespace VitGrid.Indexing.Tests;

/// <summary>A submission that an earlier program began goes on with this one only if both see the same job in it.</summary>
public sealed class JobFingerprintTests
{
    private const string Root = "/srv/vitgrid-sample";

    [Theory]
    [InlineData("finished-jsonl")]
    [InlineData("finished-npy")]
    [InlineData("finished-parquet")]
    public void The_fingerprint_of_sources_and_settings_is_that_of_3e75086(string job)
    {
        Dictionary<string, string> fields = Fields($"vitgrid:index:job:{job}");
        Assert.Equal(fields["fingerprint"], JobSettings.From(fields)!.Fingerprint([$"{Root}/five.jsonl"]));
    }

    [Fact]
    public void A_jobs_owner_is_kept_and_its_images_count_for_it()
    {
        JobSettings job = new("m", "jsonl:/a") { Owner = "key-7" };
        JobSettings read = JobSettings.From(job.Fields().ToDictionary(field => field.Name, field => field.Value))!;
        Assert.Equal("key-7", read.Request(ReadOnlyMemory<byte>.Empty, TimeSpan.FromSeconds(1), "r-1").Tenant);
        Assert.NotEqual(job.Fingerprint([]), (job with { Owner = "" }).Fingerprint([]));
    }

    private static Dictionary<string, string> Fields(string key) => JsonDocument
        .Parse(File.ReadAllBytes(GoldenFiles.PathOf("written-by-3e75086", "finished.json"))).RootElement.EnumerateArray()
        .Single(saved => saved.GetProperty("key").GetString() == key).GetProperty("fields").EnumerateArray()
        .ToDictionary(pair => pair[0].GetString()!, pair => pair[1].GetString()!.Replace("{root}", Root, StringComparison.Ordinal));
}

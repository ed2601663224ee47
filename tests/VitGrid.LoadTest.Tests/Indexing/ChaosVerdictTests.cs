using VitGrid.LoadTest.Indexing;

namespace VitGrid.LoadTest.Tests.Indexing;

public sealed class ChaosVerdictTests : IDisposable
{
    private static readonly Dictionary<string, float[]> Expected = new() { ["a"] = [1, 0], ["b"] = [0, 1] };
    private static readonly Dictionary<string, string> Broken = new() { ["c"] = "file_not_found" };
    private static readonly string[] Right = [Row("b", "0,1"), Row("a", "1,0")];
    private static readonly string[] Dead = [Letter("c", "file_not_found")];

    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-chaos-").FullName;

    [Fact]
    public void Every_vector_once_and_every_broken_image_with_its_code_is_right() =>
        Assert.True(ChaosVerdict.From(Expected, Right, Broken, Dead).Passed);

    [Fact]
    public void Whatever_is_missing_doubled_foreign_or_wrong_is_counted()
    {
        Assert.Equal(1, ChaosVerdict.From(Expected, Right[..1], Broken, Dead).Missing);
        Assert.Equal(1, ChaosVerdict.From(Expected, [.. Right, Right[0]], Broken, Dead).Doubled);
        Assert.Equal(1, ChaosVerdict.From(Expected, [.. Right, Row("c", "1,1")], Broken, Dead).Foreign);
        Assert.Equal(1, ChaosVerdict.From(Expected, [Right[0], Row("a", "0.9,0")], Broken, Dead).Wrong);
        Assert.Equal(1, ChaosVerdict.From(Expected, [Right[0], Row("a", "1")], Broken, Dead).Wrong);
        Assert.Equal(1, ChaosVerdict.From(Expected, Right, Broken, []).WrongDead);
        Assert.Equal(1, ChaosVerdict.From(Expected, Right, Broken, [Letter("c", "internal_error")]).WrongDead);
        Assert.Equal(1, ChaosVerdict.From(Expected, Right, Broken, [Dead[0], Dead[0]]).WrongDead);
    }

    [Theory]
    [InlineData("Files")]
    [InlineData("Tar")]
    [InlineData("S3")]
    public void Of_a_thousand_images_fifty_equal_others_and_ten_are_broken(string name)
    {
        ChaosSource source = Enum.Parse<ChaosSource>(name);
        ChaosImages images = ChaosImages.Create(_folder, 1_000, source);
        Assert.Equal((990, 10), (images.Good.Count, images.Broken.Count));
        Assert.Equal(1_000, images.Ids.Values.Distinct().Count());
        if (source == ChaosSource.Files)
            Assert.Equal(1_000, File.ReadLines(Assert.Single(images.Sources)).Count());
        else
            Assert.Equal(8, Directory.GetFiles(Path.Combine(_folder, "images", ChaosImages.Bucket)).Length);
        Assert.All(images.Sources, named => Assert.Equal(source == ChaosSource.S3, named.StartsWith("s3://", StringComparison.Ordinal)));
        int distinct = images.Good.Values.Select(file => Convert.ToBase64String(File.ReadAllBytes(file))).Distinct().Count();
        Assert.Equal(940, distinct);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Row(string id, string numbers) => $$"""{"id":"{{id}}","embedding":[{{numbers}}]}""";

    private static string Letter(string id, string code) => $$"""{"id":"{{id}}","uri":"u","code":"{{code}}","message":"m"}""";
}

using VitGrid.Indexing.Submission;

namespace VitGrid.Indexing.Tests;

/// <summary>What can be submitted.</summary>
public sealed class SourceReaderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("vitgrid-source-").FullName;

    public SourceReaderTests()
    {
        foreach (string file in new[] { "b/2.png", "b/1.jpg", "a.webp", "b/note.txt", ".hidden/x.png", "c/d/e.gif" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, file))!);
            File.WriteAllText(Path.Combine(_root, file), "");
        }
    }

    [Fact]
    public void A_folder_gives_the_images_below_it_always_in_the_same_order() =>
        Assert.Equal(["a.webp", "b/1.jpg", "b/2.png", "c/d/e.gif"], Ids(_root));

    [Theory]
    [InlineData("*", "a.webp")]
    [InlineData("b/*.png", "b/2.png")]
    [InlineData("**/*.?pg", "b/1.jpg")]
    [InlineData("**/e.gif", "c/d/e.gif")]
    [InlineData("c/**", "c/d/e.gif")]
    public void A_pattern_gives_what_it_names(string pattern, string id) => Assert.Equal([id], Ids(Path.Combine(_root, pattern)));

    [Fact]
    public void A_list_gives_a_path_or_uri_a_line()
    {
        string list = Path.Combine(_root, "list.txt");
        File.WriteAllLines(list, ["a.webp", "", "https://example.org/x.png", "/abs/ü.png"]);
        SourceLine[] lines = [.. SourceReader.Read([$"@{list}"])];
        Assert.Equal(["a.webp", "https://example.org/x.png", "/abs/ü.png"], lines.Select(line => line.Id));
        Assert.Equal([$"file://{_root}/a.webp", "https://example.org/x.png", "file:///abs/%C3%BC.png"], lines.Select(line => line.Uri));
        Assert.Equal("/abs/ü.png", new Uri(lines[2].Uri).LocalPath);
    }

    [Fact]
    public void A_source_that_is_not_there_is_refused_before_anything_is_submitted()
    {
        foreach (string source in new[] { $"{_root}/none", $"@{_root}/none.txt", $"{_root}/none/*.png" })
            Assert.Contains("is not there", Assert.Throws<IndexException>(
                () => SourceReader.Check(source)).Message, StringComparison.Ordinal);
        SourceReader.Check($"{_root}/*.png");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string[] Ids(string source) => [.. SourceReader.Read([source]).Select(line => Path.GetRelativePath(_root, line.Id))];
}

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

    [Fact]
    public void A_place_that_cannot_be_read_is_told_and_the_rest_goes_on()
    {
        MakeInLatin1("b\\351t\\351", folder: true);
        MakeInLatin1("\\374.png", folder: false);
        Directory.CreateSymbolicLink(Path.Combine(_root, "c", "loop"), Path.Combine(_root, "c"));
        foreach (string source in new[] { _root, Path.Combine(_root, "**", "*") })
        {
            SourceLine[] lines = [.. SourceReader.Read([source])];
            Assert.Equal(["a.webp", "b/1.jpg", "b/2.png", "c/d/e.gif"], lines.Where(
                line => line.Fault is null && !line.Id.EndsWith("txt", StringComparison.Ordinal))
                .Select(line => Path.GetRelativePath(_root, line.Id)));
            string[] faults = [.. lines.Select(line => line.Fault).OfType<string>()];
            Assert.Equal(2, faults.Length);
            Assert.All(faults, fault => Assert.Contains("not UTF-8", fault, StringComparison.Ordinal));
            Assert.All(faults, fault => Assert.StartsWith(_root, fault, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Lines_with_NUL_with_half_a_character_and_in_Latin_1_are_told_with_their_number_and_the_rest_goes_on()
    {
        string items = Path.Combine(_root, "items.jsonl"), list = Path.Combine(_root, "list.txt");
        string[] lines =
        [
            @"{""id"":""a"",""uri"":""a.png""}", @"{""id"":""\ud83d"",""uri"":""a.png""}", @"{""id"":""b"",""uri"":""x\u0000.png""}",
            @"{""id"":""\u0000"",""uri"":""a.png""}", @"{""id"":""c"",""uri"":""\ud83d\ude00.png""}",
        ];
        File.WriteAllLines(items, lines);
        File.WriteAllBytes(list, [.. "a.png\n"u8, 0xfc, .. ".png\nb\0c.png\nd.png\n"u8]);
        Assert.Equal(["a", null, null, null, "c"], SourceReader.Read([items]).Select(line => line.Fault is null ? line.Id : null));
        Assert.Equal(["a.png", null, null, "d.png"], SourceReader.Read([$"@{list}"]).Select(line => line.Fault is null ? line.Id : null));
        Assert.All(SourceReader.Read([items, $"@{list}"]).Select(line => line.Fault).OfType<string>(), fault => Assert.Contains(
            ", line ", fault, StringComparison.Ordinal));
    }

    /// <summary>A name that is no UTF-8, which .NET cannot write.</summary>
    private void MakeInLatin1(string octal, bool folder)
    {
        string make = folder ? "mkdir" : "touch";
        using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(
            "sh", ["-c", $"{make} \"$1/$(printf '{octal}')\"", "sh", _root]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    public void Dispose() => RemoveRoot();

    /// <summary>.NET cannot delete what it cannot name.</summary>
    private void RemoveRoot()
    {
        using System.Diagnostics.Process remove = System.Diagnostics.Process.Start("rm", ["-rf", _root]);
        remove.WaitForExit();
    }

    private string[] Ids(string source) => [.. SourceReader.Read([source]).Select(line => Path.GetRelativePath(_root, line.Id))];
}

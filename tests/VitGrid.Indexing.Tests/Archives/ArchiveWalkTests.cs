using System.Formats.Tar;
using VitGrid.Indexing.Archives;
using VitGrid.Indexing.Submission;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>What a tar becomes in the queue.</summary>
public sealed class ArchiveWalkTests : IDisposable
{
    private readonly ArchiveFolder _folder = new();

    [Theory]
    [InlineData("a.tar")]
    [InlineData("a.tar.gz")]
    [InlineData("a.tgz")]
    public void Each_image_is_an_item_with_its_place_and_what_stands_beside_it(string name)
    {
        string path = _folder.Write(name, ("0.jpg", [1, 2, 3]), ("0.json", "{}"u8.ToArray()), ("0.txt", "a"u8.ToArray()), ("1.png", [4]));
        SourceLine[] lines = [.. SourceReader.Read([path])];
        Assert.Equal([$"{path}#0.jpg", $"{path}#1.png"], lines.Select(line => line.Id));
        ArchivePlace place = ArchivePlace.Parse(lines[0].Uri)!;
        Assert.Equal(lines[0].Uri, place.ToString());
        Assert.Equal(["json", "txt"], place.Fields.Select(field => field.Field));
        Assert.Equal((3, "0.jpg"), (place.Image.Length, place.Name));
        Assert.Empty(ArchivePlace.Parse(lines[1].Uri)!.Fields);
        Assert.True(SourceReader.IsArchive(path));
    }

    [Fact]
    public void Offsets_in_gzip_are_those_of_the_archive_that_was_packed()
    {
        (string, byte[])[] files = [($"{new string('d', 120)}/0.jpg", new byte[700]), ("1.jpg", new byte[512]), ("2.jpg", new byte[3])];
        foreach (TarEntryFormat format in (TarEntryFormat[])[TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu])
        {
            ArchiveRange[] plain = Places(_folder.Write("b.tar", format, files)), packed = Places(_folder.Write("b.tgz", format, files));
            Assert.Equal(3, plain.Length);
            Assert.Equal(plain, packed);
        }

        static ArchiveRange[] Places(string path) =>
            [.. SourceReader.Read([path]).Select(line => ArchivePlace.Parse(line.Uri)!.Image)];
    }

    [Fact]
    public void A_sample_ends_at_the_first_dot_of_the_last_part_of_its_name()
    {
        string path = _folder.Write(
            "dots.tar", ("a/22.0/1.1.png", [1]), ("a/22.0/1.json", [123]), ("v1.0/0.jpg", [1]), ("v1.0/1.jpg", [1]));
        SourceLine[] lines = [.. SourceReader.Read([path])];
        Assert.Equal(["a/22.0/1.1.png", "v1.0/0.jpg", "v1.0/1.jpg"], lines.Select(line => line.Id[(path.Length + 1)..]));
        Assert.Equal("json", Assert.Single(ArchivePlace.Parse(lines[0].Uri)!.Fields).Field);
    }

    [Fact]
    public void In_an_unsorted_archive_no_image_comes_twice_and_metadata_that_is_misplaced_is_told()
    {
        string path = _folder.Write("unsorted.tar", ("0.jpg", [1]), ("1.jpg", [1]), ("0.json", [1]), ("1.json", [1]));
        SourceLine[] lines = [.. SourceReader.Read([path])];
        Assert.Equal([$"{path}#0.jpg", $"{path}#1.jpg"], lines.Where(line => line.Fault is null).Select(line => line.Id));
        string[] faults = [.. lines.Select(line => line.Fault).OfType<string>()];
        Assert.Equal([$"{path}#0.json", $"{path}#1.json"], faults.Select(fault => fault[..fault.IndexOf(": ", StringComparison.Ordinal)]));
        Assert.All(faults, fault => Assert.Contains("sort", fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cut.tar")]
    [InlineData("cut.tgz")]
    public void Of_an_archive_that_breaks_off_the_whole_images_are_items_and_the_broken_one_is_told(string name)
    {
        (string, byte[])[] files = [.. Enumerable.Range(0, 3).Select(i => ($"{i}.jpg", new byte[5_000]))];
        foreach ((int i, (_, byte[] bytes)) in files.Index())
            new Random(i).NextBytes(bytes);
        string path = _folder.Write(name, files);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(int)(whole.Length * (name.EndsWith("gz", StringComparison.Ordinal) ? 0.6 : 0.4))]);
        SourceLine[] lines = [.. SourceReader.Read([path])];
        Assert.Equal($"{path}#0.jpg", Assert.Single(lines, line => line.Fault is null).Id);
        Assert.StartsWith($"{path}#1.jpg", lines.First(line => line.Fault is not null).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_that_was_cut_between_two_files_is_told_by_its_missing_end()
    {
        string path = _folder.Write("cut.tar", TarEntryFormat.Ustar, ("0.jpg", [1]), ("1.jpg", [1]));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..1024]);
        SourceLine[] lines = [.. SourceReader.Read([path])];
        Assert.Equal($"{path}#0.jpg", Assert.Single(lines, line => line.Fault is null).Id);
        Assert.Contains("no end marker", Assert.Single(lines, line => line.Fault is not null).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Archives_that_were_joined_are_told_as_only_the_first_is_read()
    {
        string path = _folder.Write("one.tar", ("0.jpg", [1]));
        File.WriteAllBytes(_folder.At("two.tar"), [.. File.ReadAllBytes(path), .. File.ReadAllBytes(path)]);
        SourceLine[] lines = [.. SourceReader.Read([_folder.At("two.tar")])];
        Assert.Contains("several were joined", lines.Single(line => line.Fault is not null).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_archive_or_holds_no_image_is_told_by_name_and_the_next_is_read()
    {
        string good = _folder.Write("good.tar", ("0.jpg", [1])), none = _folder.Write("none.tar", ("notes.md", [1]));
        File.WriteAllText(_folder.At("parquet.tar"), $"PAR1{new string('x', 2_000)}PAR1");
        File.WriteAllBytes(_folder.At("empty.tar"), []);
        SourceLine[] lines = [.. SourceReader.Read([_folder.At("{parquet,empty,none,good}.tar")])];
        Assert.Equal($"{good}#0.jpg", Assert.Single(lines, line => line.Fault is null).Id);
        string[] faults = [.. lines.Select(line => line.Fault).OfType<string>()];
        Assert.StartsWith(_folder.At("parquet.tar"), faults[0], StringComparison.Ordinal);
        Assert.Contains("no tar archive", faults[0], StringComparison.Ordinal);
        Assert.Contains("empty", faults[1], StringComparison.Ordinal);
        Assert.Contains($"{none}: it holds no image", faults[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Links_to_images_and_metadata_that_is_too_large_are_told_and_hidden_files_are_passed_over()
    {
        string path = _folder.At("odd.tar");
        using (TarWriter tar = new(File.Create(path), TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link.jpg") { LinkName = "0.jpg" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "._0.jpg") { DataStream = new MemoryStream([1]) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./0.jpg") { DataStream = new MemoryStream([1]) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./0.json") { DataStream = new MemoryStream(new byte[70_000]) });
        }
        SourceLine[] lines = [.. SourceReader.Read([path])];
        Assert.Equal($"{path}#0.jpg", Assert.Single(lines, line => line.Fault is null).Id);
        Assert.Contains("link", lines[0].Fault, StringComparison.Ordinal);
        Assert.Contains("70000 bytes", lines[2].Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a-{0008..0011}.tar", "a-0008.tar a-0009.tar a-0010.tar a-0011.tar")]
    [InlineData("{9..11}", "9 10 11")]
    [InlineData("{a,b}-{0..1}", "a-0 a-1 b-0 b-1")]
    [InlineData("{a}", "{a}")]
    [InlineData("{1..x}", "{1..x}")]
    public void Braces_name_several_sources(string text, string names) => Assert.Equal(names.Split(' '), BraceList.Expand(text));

    [Fact]
    public void A_missing_archive_of_a_list_is_refused_by_name_before_anything_is_submitted()
    {
        _folder.Write("s-00.tar", ("0.jpg", [1]));
        _folder.Write("s-02.tar", ("0.jpg", [1]));
        IndexException refused = Assert.Throws<IndexException>(() => SourceReader.Check(_folder.At("s-{00..02}.tar")));
        Assert.Contains("s-01.tar' is not there", refused.Message, StringComparison.Ordinal);
        Assert.Contains("smaller number first", Assert.Throws<IndexException>(
            () => SourceReader.Check(_folder.At("s-{09..00}.tar"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Archives_are_found_in_folders_in_patterns_and_in_lists()
    {
        string path = _folder.Write("s.tar", ("0.jpg", [1]));
        File.WriteAllText(_folder.At("list.txt"), "s.tar\n");
        foreach (string source in new[] { _folder.Root, _folder.At("*.tar"), $"@{_folder.At("list.txt")}" })
            Assert.EndsWith("s.tar#0.jpg", Assert.Single(SourceReader.Read([source])).Id, StringComparison.Ordinal);
        Assert.Equal($"{path}#0.jpg", Assert.Single(SourceReader.Read([_folder.Root])).Id);
    }

    public void Dispose() => _folder.Dispose();
}

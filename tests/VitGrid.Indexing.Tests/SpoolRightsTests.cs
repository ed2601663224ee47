using System.Runtime.Versioning;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Spool;

namespace VitGrid.Indexing.Tests;

/// <summary>Who may read what clients have uploaded.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SpoolRightsTests : IDisposable
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _root = Directory.CreateTempSubdirectory("vitgrid-spool-").FullName;

    [Fact]
    public async Task Files_of_the_spool_are_their_users_alone_and_so_are_its_folders()
    {
        SpoolFolder spool = new(new IndexingOptions { Spool = _root });
        string id = SpoolFolder.NewId();
        FileStream file = spool.Begin(id);
        file.Write("line"u8);
        await spool.PublishAsync(file, new(id, "a.jsonl", "batch", 0, 1));
        await using FileStream open = spool.Begin(SpoolFolder.NewId());
        string[] files = Directory.GetFiles(Path.Combine(_root, "files"), "*", new EnumerationOptions { AttributesToSkip = 0 });
        Assert.Equal(3, files.Length);
        Assert.All(files, path => Assert.Equal(OwnFile, File.GetUnixFileMode(path)));
        string work = spool.WorkOf("batch_1");
        foreach (string folder in (string[])[Path.Combine(_root, "files"), Path.Combine(_root, "batches"), work])
            Assert.Equal(OwnFile | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Equal(4, spool.Find(id, Viewer.System)!.Bytes);
    }

    [Fact]
    public void A_folder_of_an_earlier_build_is_closed_to_others()
    {
        string files = Path.Combine(_root, "files");
        Directory.CreateDirectory(files, (UnixFileMode)0b111_101_101);
        using FileStream _ = new SpoolFolder(new IndexingOptions { Spool = _root }).Begin(SpoolFolder.NewId());
        Assert.Equal(OwnFile | UnixFileMode.UserExecute, File.GetUnixFileMode(files));
    }

    [Fact]
    public void What_is_known_of_a_file_and_cannot_be_read_hides_no_other()
    {
        SpoolFolder spool = new(new IndexingOptions { Spool = _root });
        spool.Begin(SpoolFolder.NewId()).Dispose();
        File.WriteAllText(Path.Combine(_root, "files", $"{SpoolFolder.NewId()}.json"), "{ no json");
        Assert.Empty(spool.List(Viewer.System));
    }

    [Theory]
    [InlineData("file-0123456789abcdef0123456789abcdef\n")]
    [InlineData("file-0123456789ABCDEF0123456789abcdef")]
    [InlineData("../file-0123456789abcdef0123456789abcdef")]
    public void No_name_of_another_form_is_an_id(string id) => Assert.False(SpoolFolder.IsId(id));

    public void Dispose() => Directory.Delete(_root, recursive: true);
}

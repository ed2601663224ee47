using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Tests.Verbs;

public sealed class ImageFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_gives_the_images_below_it_sorted_by_path()
    {
        foreach (string name in (string[])["b.png", "a.JPG", "sub/deep/c.webp", "sub/a.jpeg", "notes.txt", ".hidden.png", ".git/d.png"])
            _folder.Write(name);

        string[] found = [.. ImageFiles.Find([_folder.Root]).Select(
            file => Path.GetRelativePath(_folder.Root, file.Path!).Replace('\\', '/'))];

        Assert.Equal(["a.JPG", "b.png", "sub/a.jpeg", "sub/deep/c.webp"], found);
    }

    [Fact]
    public void Named_files_are_tried_whatever_they_are_called_and_keep_their_order()
    {
        ImageFile[] found = [.. ImageFiles.Find(["z.txt", "-", "a.png"])];

        Assert.Equal([new("z.txt", "z.txt"), new("-", null), new("a.png", "a.png")], found);
    }

    [Fact]
    public void A_link_back_to_the_folder_does_not_lead_round_in_circles()
    {
        _folder.Write("a.png");
        Directory.CreateSymbolicLink(_folder.At("again"), _folder.Root);

        Assert.Single(ImageFiles.Find([_folder.Root]));
    }

    [Fact]
    public async Task A_name_that_is_not_UTF_8_is_a_failed_image_with_its_place_and_not_left_out()
    {
        _folder.Write("a.png");
        using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(
            "sh", ["-c", "mkdir \"$1/$(printf 'b\\351')\"", "sh", _folder.Root]);
        await shell.WaitForExitAsync();

        ImageFile[] found = [.. ImageFiles.Find([_folder.Root])];

        Assert.Equal((2, null), (found.Length, found[0].Fault));
        IOException told = await Assert.ThrowsAsync<IOException>(() =>
            new ImageReader(new(), () => Stream.Null, TimeSpan.FromSeconds(1)).ReadAsync(found[1], CancellationToken.None));
        Assert.StartsWith("the name is not UTF-8", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Root, told.Message, StringComparison.Ordinal);
        using System.Diagnostics.Process removed = System.Diagnostics.Process.Start("sh", ["-c", "rm -r \"$1\"/b*", "sh", _folder.Root]);
        await removed.WaitForExitAsync();
    }
}

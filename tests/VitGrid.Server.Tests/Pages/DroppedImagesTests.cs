using VitGrid.Page.Circuits;
using VitGrid.Page.Trying;

namespace VitGrid.Server.Tests.Pages;

/// <summary>How much a page holds of what is dropped on it.</summary>
public sealed class DroppedImagesTests
{
    private const int Mebibyte = 1 << 20;

    [Fact]
    public async Task A_page_holds_a_number_of_images_and_names_what_it_refuses()
    {
        DroppedImages images = new(new(new()));
        for (int i = 0; i < DroppedImages.MaxImages; i++)
            Assert.Null(await images.AddAsync($"{i}.png", 1, "data:,", Fill));
        Assert.Equal(Enumerable.Range(1, DroppedImages.MaxImages), images.All.Select(image => image.Number));
        Assert.Contains("beside the 16", await images.AddAsync("more.png", 1, "data:,", Fill), StringComparison.Ordinal);
        images.Clear();
        Assert.Null(images.ObjectionTo(DroppedImages.MaxImages));
        Assert.NotNull(images.ObjectionTo(DroppedImages.MaxImages + 1));
    }

    [Fact]
    public async Task A_page_holds_a_number_of_bytes_and_a_file_that_is_not_read_takes_none()
    {
        PageMemory all = new();
        CircuitMemory memory = new(all);
        DroppedImages images = new(memory);
        Assert.Null(await images.AddAsync("one.png", 100 * Mebibyte, "data:,", Fill));
        string refused = (await images.AddAsync("two.png", 29 * Mebibyte, "data:,", Fill))!;
        Assert.Contains("two.png has 30408704 bytes", refused, StringComparison.Ordinal);
        Assert.Contains("134217728 that a page may hold", refused, StringComparison.Ordinal);
        string failed = (await images.AddAsync("three.png", 28 * Mebibyte, "data:,", _ => throw new IOException("it is gone")))!;
        Assert.Equal("three.png could not be read: it is gone", failed);
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => images.AddAsync("four.png", 28 * Mebibyte, "data:,", _ => throw new OperationCanceledException()));
        Assert.Equal((100L * Mebibyte, 100L * Mebibyte), (memory.Held, all.Held));
        images.Clear();
        Assert.Equal((0, 0), (memory.Held, all.Held));
    }

    [Fact]
    public void All_pages_together_hold_a_number_of_bytes_and_a_circuits_end_gives_back_what_it_held()
    {
        PageMemory all = new();
        CircuitMemory[] pages = [.. Enumerable.Range(0, 5).Select(_ => new CircuitMemory(all))];
        Assert.All(pages[..4], page => Assert.Null(page.Take(CircuitMemory.MaxBytes)));
        Assert.Equal(PageMemory.MaxBytes, pages[4].Take(1));
        pages[0].Dispose();
        pages[0].Dispose();
        pages[0].Give(CircuitMemory.MaxBytes);
        Assert.Equal(3 * CircuitMemory.MaxBytes, all.Held);
        Assert.Equal(CircuitMemory.MaxBytes, pages[0].Take(1));
        Assert.Null(pages[4].Take(1));
    }

    private static Task Fill(byte[] content)
    {
        content.AsSpan().Fill(1);
        return Task.CompletedTask;
    }
}

using System.Diagnostics;
using VitGrid.Runtime.Images;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Tests.Verbs;

public sealed class ImageReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_pipe_that_nobody_writes_to_is_refused_instead_of_waited_for()
    {
        // Windows has no pipes among its files.
        if (OperatingSystem.IsWindows())
            return;
        string pipe = _folder.At("pipe.png");
        using (Process make = Process.Start("mkfifo", [pipe]))
            await make.WaitForExitAsync();
        ImageReader reader = new(new ImageLimits(), () => Stream.Null, openTimeout: TimeSpan.FromMilliseconds(50));

        IOException refusal = await Assert.ThrowsAsync<IOException>(() => reader.ReadAsync(new ImageFile("pipe.png", pipe), default));

        Assert.Contains("name a regular file", refusal.Message, StringComparison.Ordinal);
        // Lets the thread go that is still opening it.
        await using FileStream writer = new(pipe, FileMode.Open, FileAccess.Write);
    }
}

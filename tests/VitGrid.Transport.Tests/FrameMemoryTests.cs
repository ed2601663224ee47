namespace VitGrid.Transport.Tests;

[Collection(nameof(Alone))]
public sealed class FrameMemoryTests
{
    [Fact]
    public async Task Memory_does_not_grow_with_the_size_of_frames()
    {
        await using PlanePair pair = new();
        int arrived = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.OnRight = (_, frame) =>
        {
            frame.Body?.Dispose();
            if (++arrived % 100 == 0)
                all.TrySetResult();
            return ValueTask.CompletedTask;
        };
        (Link left, _) = await pair.ConnectAsync();
        byte[] head = new byte[64];
        using NativeBuffer body = pair.Left.Buffers.Rent(8_000_000);
        await SendAsync(100);
        all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await SendAsync(100);
        // 800 MB pass through; what remains is a few hundred bytes a frame.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 4_000_000);

        async Task SendAsync(int frames)
        {
            for (int i = 0; i < frames; i++)
                await left.SendAsync(1, head, body.Memory);
            await all.Task;
        }
    }
}

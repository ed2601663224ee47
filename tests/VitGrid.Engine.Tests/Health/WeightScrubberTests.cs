using VitGrid.Engine.Health;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Engine.Tests.Health;

public sealed class WeightScrubberTests : IDisposable
{
    private const int Length = 10_000;

    private readonly string _file = Path.GetTempFileName();

    public WeightScrubberTests() => File.WriteAllBytes(_file, new byte[Length]);

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_is_told_to_every_device_that_reads_the_weights_however_busy_they_are(bool isBusy)
    {
        await using WeightScrubber scrubber = new(new() { ScrubBytesPerSecond = 10 * Length }, null);
        MappedWeights weights = Weights();
        TaskCompletionSource<WeightChange> one = new(), other = new(), again = new();
        using IDisposable first = scrubber.Add(weights, () => isBusy, change => one.TrySetResult(change));
        using IDisposable second = scrubber.Add(weights, () => false, change => other.TrySetResult(change));
        using IDisposable third = scrubber.Add(Weights(), () => false, change => again.TrySetResult(change));
        Write(Length - 1, 1);
        Assert.Equal(new("one", _file, (Length - 1) / MappedWeights.PageBytes), await one.Task.WaitAsync(Waits.Limit));
        Assert.Equal(await one.Task, await other.Task.WaitAsync(Waits.Limit));
        // Other checksums of the same file have their turn as well.
        await again.Task.WaitAsync(Waits.Limit);
    }

    [Fact]
    public async Task Who_was_removed_is_told_nothing_and_a_rate_of_nothing_reads_nothing()
    {
        TaskCompletionSource<WeightChange> told = new();
        await using WeightScrubber scrubber = new(new() { ScrubBytesPerSecond = 10 * Length }, null);
        await using WeightScrubber none = new(new() { ScrubBytesPerSecond = 0 }, null);
        bool removedTold = false, noneTold = false;
        IDisposable removed = scrubber.Add(Weights(), () => false, _ => removedTold = true);
        none.Add(Weights(), () => false, _ => noneTold = true);
        using IDisposable kept = scrubber.Add(Weights(), () => false, change => told.TrySetResult(change));
        removed.Dispose();
        Write(0, 1);
        await told.Task.WaitAsync(Waits.Limit);
        Assert.False(removedTold || noneTold);
    }

    private MappedWeights Weights() => new([new(new("one", TensorType.F32, [Length], _file, 0, Length), 0, Length, [Length])]);

    private void Write(int at, byte value)
    {
        using FileStream open = new(_file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        open.Position = at;
        open.WriteByte(value);
    }
}

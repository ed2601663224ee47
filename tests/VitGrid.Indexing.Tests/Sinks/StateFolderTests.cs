using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>Files beside the parts of a folder that several processes share.</summary>
public sealed class StateFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-state-").FullName;

    [Fact]
    public void Of_two_files_that_are_to_have_one_new_name_at_once_both_see_the_same_from_then_on()
    {
        const int Rounds = 3_000;
        byte[][] seen = [new byte[Rounds], new byte[Rounds]];
        using Barrier barrier = new(2);
        Thread[] movers = [.. Enumerable.Range(0, 2).Select(mover => new Thread(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                string hidden = Path.Combine(_folder, $"hidden-{mover}"), name = Path.Combine(_folder, $"{round}");
                File.WriteAllBytes(hidden, [(byte)mover]);
                barrier.SignalAndWait();
                DurableFile.MoveToNew(hidden, name);
                seen[mover][round] = File.ReadAllBytes(name)[0];
            }
        }))];
        Array.ForEach(movers, mover => mover.Start());
        Array.ForEach(movers, mover => mover.Join());
        Assert.Equal(seen[0], seen[1]);
        Assert.Equal(Rounds, Directory.EnumerateFiles(_folder).Count());
    }

    [Fact]
    public async Task What_is_there_is_replaced_by_whoever_means_to()
    {
        StateFolder state = new(_folder);
        Assert.Equal([1], await CreateAsync(state, "manifest", [1]));
        Assert.Equal([1], await CreateAsync(state, "manifest", [2]));
        await state.WriteAsync("manifest", stream => stream.WriteAsync(new byte[] { 3 }).AsTask(), replace: true, default);
        Assert.Equal([3], await state.ReadAsync("manifest", default));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<byte[]?> CreateAsync(StateFolder state, string name, byte[] bytes)
    {
        await state.WriteAsync(name, stream => stream.WriteAsync(bytes).AsTask(), replace: false, default);
        return await state.ReadAsync(name, default);
    }
}

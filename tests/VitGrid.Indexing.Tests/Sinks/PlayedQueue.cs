using VitGrid.Indexing.Formats;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>
/// Plays a queue and its workers against a folder: a script decides who takes items, stops within a file, is killed, is declared dead,
/// wakes up, commits, and when the folder is swept.
/// </summary>
internal sealed class PlayedQueue(SinkRig rig, int items)
{
    private readonly Queue<string> _waiting = new(Enumerable.Range(0, items).Select(i => $"item-{i}"));
    private readonly List<Owner> _owners = [];
    private readonly HashSet<string> _done = [];

    /// <summary>Items that were acknowledged.</summary>
    public IReadOnlySet<string> Done => _done;

    public async Task PlayAsync(IEnumerable<byte> script)
    {
        foreach (byte move in script)
            await StepAsync(move % 8, move / 8);
    }

    /// <summary>
    /// Everybody who lives goes on, the dead are found out, and what is left is done; then the falsely dead try once more.
    /// </summary>
    public async Task EndAsync()
    {
        foreach (Owner owner in _owners.Where(owner => owner.IsAlive))
            await ThawAsync(owner);
        foreach (Owner owner in _owners.Where(owner => !owner.IsSettled).ToArray())
            await (owner.IsAlive ? CommitAsync(owner) : DeclareDeadAsync(owner));
        while (_waiting.Count > 0)
        {
            await TakeAsync(3, frozenWithin: null);
            await CommitAsync(_owners[^1]);
        }
        foreach (Owner owner in _owners.Where(owner => owner.IsAlive))
            await CommitAsync(owner);
    }

    private Task StepAsync(int move, int choice) => move switch
    {
        0 => TakeAsync(1 + (choice % 3), frozenWithin: null),
        1 => TakeAsync(1 + (choice % 3), frozenWithin: choice % 2),
        2 or 3 when Pick(choice, owner => owner is { IsAlive: true, Preparing.IsCompleted: true }) is { } owner => CommitAsync(owner),
        4 when Pick(choice, owner => !owner.IsSettled) is { } owner => DeclareDeadAsync(owner),
        5 when Pick(choice, owner => owner.IsAlive) is { } owner => ThawAsync(owner),
        6 when Pick(choice, owner => owner.IsAlive) is { } owner => owner.Sink.FinishAsync(SinkRig.Summary, default),
        7 when Pick(choice, owner => owner.IsAlive) is { } owner => KillAsync(owner),
        _ => Task.CompletedTask,
    };

    private Owner? Pick(int choice, Func<Owner, bool> predicate) =>
        _owners.Where(predicate).ToArray() is { Length: > 0 } found ? found[choice % found.Length] : null;

    private async Task TakeAsync(int count, int? frozenWithin)
    {
        List<string> ids = [];
        while (ids.Count < count && _waiting.TryDequeue(out string? id))
            ids.Add(id);
        if (ids.Count == 0)
            return;
        PartFormat format = PartFormats.Npy(NumberFormat.Float16);
        FrozenFormat? frozen = frozenWithin is { } within ? new(format, within) : null;
        FileSink sink = new(FileTarget.Folder("npy", rig.At("out")), frozen?.Format ?? format, "job");
        await sink.OpenAsync(SinkRig.Schema, default);
        string part = $"worker-{_owners.Count}";
        SinkRow[] rows = SinkRig.Rows([.. ids]);
        Task preparing = sink.PrepareAsync(part, rows, default);
        await (frozen?.Reached ?? preparing);
        _owners.Add(new(part, rows, sink, frozen, preparing));
    }

    /// <summary>What a worker does with a prepared part; one that was declared dead does not know it.</summary>
    private async Task CommitAsync(Owner owner)
    {
        try
        {
            await owner.Preparing;
            await owner.Sink.CommitAsync(owner.Part, owner.Rows, default);
        }
        catch (SinkException exception) when (exception.Fault == SinkFault.PartAborted)
        {
            Assert.True(owner.IsAborted);
            return;
        }
        Assert.False(owner.IsAborted);
        Acknowledge(owner);
    }

    private async Task DeclareDeadAsync(Owner owner)
    {
        await using IVectorSink heir = await rig.OpenAsync("npy:out;type=fp16");
        if (!await heir.TryAbortAsync(owner.Part, default))
        {
            Acknowledge(owner);
            return;
        }
        (owner.IsSettled, owner.IsAborted) = (true, true);
        foreach (SinkRow row in owner.Rows)
            _waiting.Enqueue(row.Id);
    }

    private void Acknowledge(Owner owner)
    {
        owner.IsSettled = true;
        _done.UnionWith(owner.Rows.Select(row => row.Id));
    }

    private static async Task ThawAsync(Owner owner)
    {
        owner.Frozen?.Thaw();
        await owner.Preparing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Task KillAsync(Owner owner)
    {
        owner.IsAlive = false;
        return Task.CompletedTask;
    }

    private sealed class Owner(string part, SinkRow[] rows, FileSink sink, FrozenFormat? frozen, Task preparing)
    {
        public string Part => part;

        public SinkRow[] Rows => rows;

        public FileSink Sink => sink;

        public FrozenFormat? Frozen => frozen;

        public Task Preparing => preparing;

        public bool IsAlive { get; set; } = true;

        /// <summary>Its items are acknowledged or wait again.</summary>
        public bool IsSettled { get; set; }

        public bool IsAborted { get; set; }
    }
}

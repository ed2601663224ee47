using VitGrid.Redis;
using FsCheck.Xunit;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Items;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Work;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Tests;

/// <summary>Decisions without a clock and without Redis.</summary>
public sealed class DecisionTests
{
    [Property]
    public bool Parts_hold_every_row_once_in_order_and_none_is_larger_or_older_than_it_may_be(byte[] pauses, byte size)
    {
        int most = (size % 7) + 1;
        OpenPart<int> part = new(most, TimeSpan.FromSeconds(1));
        (List<int> out_, TimeSpan now, bool held) = ([], TimeSpan.Zero, true);
        for (int i = 0; i < pauses.Length; i++)
        {
            part.Add(i, now);
            held &= part.Rows.Count <= most && part.TimeLeft(now) <= TimeSpan.FromSeconds(1);
            now += TimeSpan.FromMilliseconds(pauses[i] * 10);
            held &= part.TimeLeft(now) is { } left && (left > TimeSpan.Zero || part.IsFull || now > TimeSpan.Zero);
            if (part.TimeLeft(now) == TimeSpan.Zero)
                out_.AddRange(part.Take());
        }
        out_.AddRange(part.Take());
        return held && part.TimeLeft(now) is null && out_.SequenceEqual(Enumerable.Range(0, pauses.Length));
    }

    [Property]
    public bool A_part_is_within_its_bytes_or_a_single_row(ushort maxRows, uint maxBytes, ushort vector)
    {
        (int most, int bytes) = (maxRows + 1, vector + 1);
        int rows = OpenPart<int>.RowsFor(most, maxBytes, bytes);
        return rows >= 1 && rows <= most && (rows == 1 || (long)rows * bytes <= maxBytes);
    }

    [Property]
    public bool Pauses_double_up_to_the_longest_and_never_vanish(ushort first, ushort longest, ushort attempt, byte chance)
    {
        TimeSpan least = TimeSpan.FromMilliseconds(first + 1), most = TimeSpan.FromMilliseconds(first + 1 + longest);
        Backoff backoff = new(least, most);
        double lot = chance / 255.0;
        TimeSpan pause = backoff.After(attempt + 1, lot);
        return pause >= least / 2 && pause <= most && pause <= backoff.After(attempt + 2, lot) && backoff.After(1, 1) == least
            && backoff.After(100, 1) == most;
    }

    [Property]
    public bool Every_part_that_holds_a_claimed_entry_is_asked_for_and_no_other(byte[][] parts, byte[] claimed)
    {
        Dictionary<string, string[]> intents = parts.Select((part, index) => (Name: $"part-{index}", part)).ToDictionary(
            pair => pair.Name, pair => pair.part.Select(entry => $"{entry}-0").ToArray());
        HashSet<string> entries = [.. claimed.Select(entry => $"{entry}-0")];
        HashSet<string> touched = [.. Recovery.Touched(intents, entries)];
        return intents.All(intent => touched.Contains(intent.Key) == intent.Value.Intersect(entries).Any());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ExifOrientation.Apply)]
    [InlineData(ExifOrientation.Ignore)]
    public void A_job_keeps_its_wish_for_orientations_and_one_without_a_wish_is_as_it_was_before(ExifOrientation? exif)
    {
        JobSettings settings = new("m", "s") { Exif = exif };
        Dictionary<string, string> fields = settings.Fields().ToDictionary(field => field.Name, field => field.Value);
        Assert.Equal(settings, JobSettings.From(fields));
        Assert.Equal(exif is not null, fields.ContainsKey("exif"));
        Assert.Equal(exif, settings.Request(ReadOnlyMemory<byte>.Empty, TimeSpan.FromSeconds(1), "j/i").Exif);
        Assert.Null(JobSettings.From(new Dictionary<string, string>(fields) { ["exif"] = "turn" }));
    }

    [Theory]
    [InlineData(GridFault.Overloaded, FaultKind.Busy)]
    [InlineData(GridFault.ModelLoading, FaultKind.NoModel)]
    [InlineData(GridFault.ModelNotFound, FaultKind.NoModel)]
    [InlineData(GridFault.ModelFailed, FaultKind.NoModel)]
    [InlineData(GridFault.Draining, FaultKind.Leaving)]
    [InlineData(GridFault.InvalidRequest, FaultKind.Poison)]
    [InlineData(GridFault.ImageBreaksDevices, FaultKind.Poison)]
    [InlineData(GridFault.BeyondType, FaultKind.Poison)]
    [InlineData(GridFault.SegmentFailed, FaultKind.Transient)]
    [InlineData(GridFault.DeadlineExceeded, FaultKind.Transient)]
    internal void A_refusal_of_the_grid_has_a_meaning_for_the_item(GridFault fault, FaultKind kind) =>
        Assert.Equal(kind, ItemFault.From(new GridException(fault, "")).Kind);

    [Fact]
    public void What_is_wrong_with_the_image_or_file_is_poison_and_a_disk_that_fails_may_pass()
    {
        Assert.Equal((FaultKind.Poison, "image_too_large"), Meaning(new ImageException(ImageFault.TooLarge, "")));
        Assert.Equal((FaultKind.Poison, "unsupported_image_format"), Meaning(new ImageException(ImageFault.UnsupportedFormat, "")));
        Assert.Equal((FaultKind.Poison, "file_not_found"), Meaning(new FileNotFoundException()));
        Assert.Equal((FaultKind.Poison, "file_unreadable"), Meaning(new UnauthorizedAccessException()));
        Assert.Equal((FaultKind.Poison, "not_finite"), Meaning(new ArithmeticException()));
        Assert.Equal((FaultKind.Transient, "file_unreadable"), Meaning(new IOException()));
    }

    [Theory]
    [InlineData("noeviction", "1", false, false)]
    [InlineData("noeviction", "0", false, true)]
    [InlineData("allkeys-lfu", "1", true, false)]
    public void A_Redis_that_evicts_is_refused_and_one_that_forgets_is_warned_of(string policy, string aof, bool refused, bool warned)
    {
        QueueHealth health = QueueHealth.From(RedisInfo.Parse($"maxmemory_policy:{policy}\naof_enabled:{aof}"));
        Assert.Equal((refused, warned), (health.Refusal is not null, health.Warning is not null));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("photos-2026", true)]
    [InlineData("photos\n", false)]
    [InlineData("-a", false)]
    public void A_job_is_named_by_one_line_only(string name, bool good) => Assert.Equal(good, IndexKeys.IsName(name));

    [Fact]
    public void A_job_that_stalls_is_held_back_for_as_long_as_it_was_waited_for_and_then_tried_with_one_item()
    {
        JobHold hold = new(TimeSpan.FromSeconds(60));
        TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);
        hold.OnBegun(At(0));
        hold.OnBegun(At(1));
        hold.OnEnded(At(10));
        Assert.Equal((false, true), (hold.IsStalled(At(69)), hold.IsStalled(At(70))));
        hold.OnStalled("silent", At(70));
        hold.OnReturned();
        hold.OnReturned();
        Assert.Equal((0, 1), (hold.MaxBeginning(At(129)), hold.MaxBeginning(At(130))));
        hold.OnBegun(At(130));
        Assert.Equal((0, "silent"), (hold.MaxBeginning(At(130)), hold.Reason));
        hold.OnStalled("silent", At(190));
        hold.OnReturned();
        Assert.Equal((0, 1), (hold.MaxBeginning(At(309)), hold.MaxBeginning(At(310))));
        hold.OnBegun(At(310));
        Assert.Equal((false, true), (hold.IsStalled(At(549)), hold.IsStalled(At(550))));
        hold.OnEnded(At(311));
        Assert.Equal((int.MaxValue, null), (hold.MaxBeginning(At(311)), hold.Reason));
    }

    [Fact]
    public void Where_an_image_takes_minutes_minutes_without_an_end_are_no_stall()
    {
        JobHold hold = new(TimeSpan.FromSeconds(60));
        hold.OnBegun(TimeSpan.Zero);
        hold.OnStalled("slow", TimeSpan.FromSeconds(60));
        Assert.False(hold.IsStalled(TimeSpan.FromSeconds(150)));
        hold.OnEnded(TimeSpan.FromSeconds(150));
        Assert.False(hold.IsStalled(TimeSpan.FromSeconds(509)));
        Assert.True(hold.IsStalled(TimeSpan.FromSeconds(510)));
    }

    [Fact]
    public async Task Bytes_under_way_are_bounded_in_order_and_one_above_the_bound_passes_alone()
    {
        ByteGate gate = new(100);
        ByteGate.Held first = await gate.EnterAsync(60, CancellationToken.None);
        Task<ByteGate.Held> large = gate.EnterAsync(500, CancellationToken.None);
        using CancellationTokenSource gone = new();
        Task<ByteGate.Held> cancelled = gate.EnterAsync(10, gone.Token);
        Task<ByteGate.Held> small = gate.EnterAsync(10, CancellationToken.None);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(large.IsCompleted || small.IsCompleted);
        first.Dispose();
        ByteGate.Held alone = await large;
        Assert.False(small.IsCompleted);
        alone.Dispose();
        (await small).Dispose();
    }

    [Fact]
    public async Task Bytes_that_turned_out_not_to_be_needed_are_given_back_once()
    {
        ByteGate gate = new(100);
        ByteGate.Held first = await gate.EnterAsync(90, CancellationToken.None);
        Task<ByteGate.Held> second = gate.EnterAsync(40, CancellationToken.None);
        first.Shrink(70);
        Assert.False(second.IsCompleted);
        first.Shrink(60);
        await second;
        first.Dispose();
        first.Dispose();
        Task<ByteGate.Held> third = gate.EnterAsync(61, CancellationToken.None);
        Assert.False(third.IsCompleted);
        (await second).Dispose();
        (await third).Dispose();
    }

    private static (FaultKind Kind, string Code) Meaning(Exception failure) => (ItemFault.From(failure).Kind, ItemFault.From(failure).Code);
}

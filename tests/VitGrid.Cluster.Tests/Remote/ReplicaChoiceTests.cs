using FsCheck.Xunit;
using VitGrid.Cluster.Remote;

namespace VitGrid.Cluster.Tests.Remote;

public sealed class ReplicaChoiceTests
{
    [Property(MaxTest = 500)]
    public bool The_chosen_replica_has_a_credit_and_none_with_one_answers_clearly_sooner(
        (byte Held, byte Speed, bool Near, bool Credit)[] replicas, byte turn)
    {
        ReplicaLoad[] loads = [.. replicas.Select(
            replica => new ReplicaLoad(replica.Held, replica.Speed + 1, replica.Near, replica.Credit))];
        return ReplicaChoice.Choose(loads, 8, 10_000, turn) is not { } chosen
            || (loads[chosen].HasCredit && loads.Where(load => load.HasCredit).All(
                load => loads[chosen].SecondsFor(8) <= load.SecondsFor(8) * 1.02001));
    }

    [Property(MaxTest = 500)]
    public bool When_much_waits_no_credit_is_left_unused((byte Held, byte Speed, bool Near, bool Credit)[] replicas, byte turn)
    {
        ReplicaLoad[] loads = [.. replicas.Select(
            replica => new ReplicaLoad(replica.Held, replica.Speed + 1, replica.Near, replica.Credit))];
        return ReplicaChoice.Choose(loads, 8, 10_000_000, turn) is not null == loads.Any(load => load.HasCredit);
    }

    [Property(MaxTest = 200)]
    public bool Batches_are_spread_in_proportion_to_speed(byte[] speeds)
    {
        ReplicaLoad[] loads = [.. speeds.Append((byte)1).Select(speed => new ReplicaLoad(0, speed + 1, false, true))];
        double total = loads.Sum(load => load.ImagesPerSecond);
        int batches = loads.Length * 200;
        for (int i = 0; i < batches; i++)
        {
            int chosen = ReplicaChoice.Choose(loads, 1, 1_000_000, i)!.Value;
            loads[chosen] = loads[chosen] with { Outstanding = loads[chosen].Outstanding + 1 };
        }
        // A choice within two in a hundred of the soonest counts as equal, and batches are whole.
        return loads.All(load => Math.Abs(load.Outstanding - (batches * load.ImagesPerSecond / total)) <= 1.5 + (0.03 * load.Outstanding));
    }

    [Fact]
    public void Equals_take_turns()
    {
        ReplicaLoad[] loads = [new(0, 1, true, true), new(0, 1, true, true), new(0, 1, true, true)];
        Assert.Equal([0, 1, 2, 0], Enumerable.Range(0, 4).Select(turn => ReplicaChoice.Choose(loads, 1, 100, turn)!.Value));
    }

    [Fact]
    public void Idle_replicas_take_a_lone_image_at_once_however_many_there_are() =>
        Assert.Equal(1, ReplicaChoice.Choose(
            [new(0, 1, true, true), new(0, 1, true, true), new(0, 1, true, true)], 1, waiting: 1, turn: 1));

    [Fact]
    public void Of_equals_a_near_one_is_taken() =>
        Assert.Equal(2, ReplicaChoice.Choose([new(8, 10, false, true), new(8, 10, false, true), new(8, 10, true, true)], 4, 100, turn: 0));

    [Fact]
    public void A_slow_replica_is_left_alone_while_a_fast_one_will_be_done_sooner() =>
        Assert.Null(ReplicaChoice.Choose(
            [new(16, 1_000, true, HasCredit: false), new(0, 1, true, HasCredit: true)], 8, waiting: 8, turn: 0));

    [Fact]
    public void A_slow_replica_helps_when_more_waits_than_the_fast_one_can_answer_meanwhile() =>
        Assert.Equal(1, ReplicaChoice.Choose(
            [new(16, 1_000, true, HasCredit: false), new(0, 1, true, HasCredit: true)], 8, waiting: 8_000, turn: 0));

    [Fact]
    public void Without_replicas_there_is_no_choice() => Assert.Null(ReplicaChoice.Choose([], 8, 8, turn: 3));
}

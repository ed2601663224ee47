using FsCheck.Xunit;
using VitGrid.Cluster.Remote;

namespace VitGrid.Cluster.Tests.Remote;

public sealed class ReplicaChoiceTests
{
    [Property(MaxTest = 500)]
    public bool None_answers_clearly_sooner_than_the_chosen_replica((byte Held, byte Speed, bool Near)[] replicas, byte turn)
    {
        ReplicaLoad[] loads = [.. replicas.Select(replica => new ReplicaLoad(replica.Held, replica.Speed + 1, replica.Near))];
        return ReplicaChoice.Choose(loads, turn) is not { } chosen
            || loads.All(load => loads[chosen].SecondsForOneMore <= load.SecondsForOneMore * 1.02001);
    }

    [Property(MaxTest = 500)]
    public bool One_is_chosen_wherever_there_is_any((byte Held, byte Speed, bool Near)[] replicas, byte turn)
    {
        ReplicaLoad[] loads = [.. replicas.Select(replica => new ReplicaLoad(replica.Held, replica.Speed + 1, replica.Near))];
        return ReplicaChoice.Choose(loads, turn) is not null == loads.Length > 0;
    }

    [Property(MaxTest = 200)]
    public bool Images_are_spread_in_proportion_to_speed(byte[] speeds)
    {
        ReplicaLoad[] loads = [.. speeds.Append((byte)1).Select(speed => new ReplicaLoad(0, speed + 1, false))];
        double total = loads.Sum(load => load.ImagesPerSecond);
        int images = loads.Length * 200;
        for (int i = 0; i < images; i++)
        {
            int chosen = ReplicaChoice.Choose(loads, i)!.Value;
            loads[chosen] = loads[chosen] with { Outstanding = loads[chosen].Outstanding + 1 };
        }
        // A choice within two in a hundred of the soonest counts as equal, and images are whole.
        return loads.All(load => Math.Abs(load.Outstanding - (images * load.ImagesPerSecond / total)) <= 1.5 + (0.03 * load.Outstanding));
    }

    [Fact]
    public void Equals_take_turns()
    {
        ReplicaLoad[] loads = [new(0, 1, true), new(0, 1, true), new(0, 1, true)];
        Assert.Equal([0, 1, 2, 0], Enumerable.Range(0, 4).Select(turn => ReplicaChoice.Choose(loads, turn)!.Value));
    }

    [Fact]
    public void Of_equals_a_near_one_is_taken() =>
        Assert.Equal(2, ReplicaChoice.Choose([new(8, 10, false), new(8, 10, false), new(8, 10, true)], turn: 0));

    [Fact]
    public void A_slow_replica_is_left_alone_while_a_fast_one_will_be_done_sooner() =>
        Assert.Equal(0, ReplicaChoice.Choose([new(16, 1_000, true), new(0, 1, true)], turn: 1));

    [Fact]
    public void A_slow_replica_helps_when_the_fast_one_has_more_than_it_can_answer_meanwhile() =>
        Assert.Equal(1, ReplicaChoice.Choose([new(1_600, 1_000, true), new(0, 1, true)], turn: 0));

    [Fact]
    public void Without_replicas_there_is_no_choice() => Assert.Null(ReplicaChoice.Choose([], turn: 3));
}

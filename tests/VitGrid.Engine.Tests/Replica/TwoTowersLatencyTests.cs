using VitGrid.Engine.Queueing;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

/// <summary>
/// An image tower and a text tower that share a device, in virtual time: each has a batcher with two batches under way, and the device
/// takes batches as they come. However many images want it, a text waits for two batches of them; and the reverse.
/// </summary>
public sealed class TwoTowersLatencyTests
{
    private const double ImageCost = 40, TextCost = 10;
    private const int MaxBatch = 8, Window = 2;

    [Theory]
    [InlineData(Kind.Texts, TextCost, ImageCost)]
    [InlineData(Kind.Images, ImageCost, TextCost)]
    public void What_comes_now_and_then_is_answered_within_three_batches_of_a_flood_of_the_other_kind(Kind light, double own, double other)
    {
        Played alone = Play(light, flood: false), beside = Play(light, flood: true);
        double bound = (3 * MaxBatch * other) + (2 * MaxBatch * own);
        Assert.InRange(beside.LightLatencies.Max(), alone.LightLatencies.Max(), bound);
        Assert.Equal(alone.LightLatencies.Count, beside.LightLatencies.Count);
    }

    [Fact]
    public void Two_floods_share_the_device_batch_by_batch()
    {
        Device device = new();
        List<(double At, Kind Kind)> arrivals = [];
        for (int i = 0; i < 4_000; i++)
            arrivals.AddRange([(i, Kind.Images), (i, Kind.Texts)]);
        device.Run(arrivals, until: 100_000);
        int images = device.Answered(Kind.Images), texts = device.Answered(Kind.Texts);
        Assert.InRange((double)texts / images, 0.8, 1.25);
        Assert.InRange(100_000 / ((images * ImageCost) + (texts * TextCost)), 0.95, 1.05);
    }

    private static Played Play(Kind light, bool flood)
    {
        Device device = new();
        Kind heavy = light == Kind.Texts ? Kind.Images : Kind.Texts;
        Random random = new(1);
        List<(double At, Kind Kind)> arrivals = [];
        for (double at = 0; at < 60_000; at += 2_000 * random.NextDouble())
            arrivals.Add((at, light));
        for (double at = 0; flood && at < 60_000; at += 5)
            arrivals.Add((at, heavy));
        device.Run(arrivals, double.MaxValue);
        return new(device.Latencies(light));
    }

    public enum Kind
    {
        Images,
        Texts,
    }

    private sealed record Played(IReadOnlyList<double> LightLatencies);

    /// <summary>One device; a batch of either tower begins when those that came before it are done.</summary>
    private sealed class Device
    {
        private readonly Dictionary<Kind, BatchPolicy<double>> _policies = Enum.GetValues<Kind>().ToDictionary(
            kind => kind, _ => new BatchPolicy<double>(new() { MaxBatchSize = MaxBatch }, new() { MaxImages = 100_000 }));
        private readonly Dictionary<Kind, List<double>> _latencies = Enum.GetValues<Kind>().ToDictionary(
            kind => kind, _ => new List<double>());
        private readonly PriorityQueue<(Kind Kind, double Began, IReadOnlyList<Waiting<double>> Batch), double> _underWay = new();
        private readonly Dictionary<Kind, int> _inFlight = Enum.GetValues<Kind>().ToDictionary(kind => kind, _ => 0);
        private double _free;

        public List<double> Latencies(Kind kind) => _latencies[kind];

        public int Answered(Kind kind) => _latencies[kind].Count;

        public void Run(IEnumerable<(double At, Kind Kind)> arrivals, double until)
        {
            foreach ((double at, Kind kind) in arrivals.OrderBy(arrival => arrival.At))
            {
                EndUntil(Math.Min(at, until));
                Assert.True(_policies[kind].TryAdd(new(at, Lane.Interactive, 1, Milliseconds(at), TimeSpan.MaxValue / 2, default)));
                Begin(at, kind);
            }
            EndUntil(until);
        }

        private void EndUntil(double now)
        {
            while (_underWay.TryPeek(out var ended, out double end) && end <= now)
            {
                _underWay.Dequeue();
                _inFlight[ended.Kind]--;
                _policies[ended.Kind].OnAnswered(ended.Batch.Count, Milliseconds(end - ended.Began));
                _latencies[ended.Kind].AddRange(ended.Batch.Select(waiting => end - waiting.Item));
                Begin(end, ended.Kind);
            }
        }

        private void Begin(double now, Kind kind)
        {
            BatchPolicy<double> policy = _policies[kind];
            while (policy.Count > 0 && _inFlight[kind] < Window)
            {
                IReadOnlyList<Waiting<double>> batch = policy.Take(Milliseconds(now), []);
                double begins = Math.Max(now, _free);
                _free = begins + (batch.Count * (kind == Kind.Images ? ImageCost : TextCost));
                _inFlight[kind]++;
                _underWay.Enqueue((kind, begins, batch), _free);
            }
        }

        private static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
    }
}

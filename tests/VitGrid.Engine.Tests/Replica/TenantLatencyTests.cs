using VitGrid.Engine.Queueing;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.Replica;

/// <summary>
/// One tenant at half of its share beside another at ten times its own, in virtual time: the policy with a device whose batches take a part
/// of their own and a part for each image.
/// </summary>
public sealed class TenantLatencyTests
{
    [Theory]
    [InlineData(0, 10, 0.9, 1.5)]
    [InlineData(10, 10, 0.9, 1.25)]
    [InlineData(20, 2.5, 0.7, 1)]
    [InlineData(80, 5, 0.7, 1)]
    [InlineData(100, 1, 0.7, 1)]
    public void The_latency_of_a_tenant_within_its_share_hardly_grows_beside_anothers_flood(
        double perBatch, double perImage, double least, double most)
    {
        double[] ratios = [.. Enumerable.Range(1, 5).Select(seed =>
            new PlayedDevice(perBatch, perImage, seed).P99(flood: true) / new PlayedDevice(perBatch, perImage, seed).P99(flood: false))];
        Assert.InRange(ratios.Order().ElementAt(2), least, most);
    }

    [Theory]
    [InlineData(0, 10, 3.1)]
    [InlineData(0.5, 10, 8)]
    [InlineData(100, 1, 3.1)]
    public void The_first_image_of_a_tenant_waits_for_no_larger_batches_of_anothers_flood_than_gain_anything(
        double perBatch, double perImage, double batches)
    {
        double[] waits = [.. Enumerable.Range(1, 5).Select(seed => new PlayedDevice(perBatch, perImage, seed).FirstBesideFlood())];
        Assert.InRange(waits.Order().ElementAt(2), perBatch + perImage, batches * (perBatch + perImage));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    [InlineData(10, 10)]
    [InlineData(80, 5)]
    [InlineData(100, 1)]
    public void A_tenant_alone_loses_as_good_as_no_throughput_to_smaller_batches(double perBatch, double perImage) =>
        Assert.InRange(new PlayedDevice(perBatch, perImage, seed: 1).FloodRate("tenant") / new PlayedDevice(perBatch, perImage, seed: 1)
            .FloodRate(""), 0.97, 1.03);

    /// <summary>A replica with two batches under way, of which a device works on one.</summary>
    private sealed class PlayedDevice(double perBatch, double perImage, int seed)
    {
        private const int MaxBatch = 8, Window = 2, Requests = 3_000;
        private const double LightPart = 0.25, FloodPart = 5;

        private readonly BatchPolicy<string> _policy = new(new() { MaxBatchSize = MaxBatch }, new());
        private readonly PriorityQueue<(double Began, IReadOnlyList<Waiting<string>> Batch), double> _underWay = new();
        private readonly List<double> _latencies = [];
        private int _answered;
        private double _free;

        private double Capacity => MaxBatch / (perBatch + (MaxBatch * perImage));

        /// <summary>Milliseconds within which 99 of 100 images of the light tenant are answered.</summary>
        public double P99(bool flood)
        {
            List<(double At, string Tenant)> arrivals =
                [.. Arrivals(new(seed), "light", Capacity * LightPart, double.MaxValue).Take(Requests)];
            if (flood)
                arrivals.AddRange(Arrivals(new(seed + 100), "flood", Capacity * FloodPart, arrivals[^1].At));
            Play(arrivals);
            return _latencies.Order().ElementAt(_latencies.Count * 99 / 100);
        }

        /// <summary>Milliseconds that the only image of the light tenant takes, long after the flood has begun.</summary>
        public double FirstBesideFlood()
        {
            double at = 400 / Capacity;
            Play([(at, "light"), .. Arrivals(new(seed), "flood", Capacity * FloodPart, 1.2 * at)]);
            return _latencies.Single();
        }

        /// <summary>Images of a flood answered in a millisecond.</summary>
        public double FloodRate(string tenant)
        {
            Play([.. Arrivals(new(seed), tenant, Capacity * FloodPart, 2_000 / Capacity)]);
            return _answered / _free;
        }

        private void Play(IReadOnlyList<(double At, string Tenant)> arrivals)
        {
            foreach ((double at, string tenant) in arrivals.OrderBy(arrival => arrival.At))
            {
                EndUntil(at);
                _policy.TryAdd(new(tenant, Lane.Interactive, 1, Milliseconds(at), TimeSpan.MaxValue / 2, default) { Tenant = tenant });
                Begin(at);
            }
            EndUntil(double.MaxValue);
        }

        private void EndUntil(double now)
        {
            while (_underWay.TryPeek(out var ended, out double end) && end <= now)
            {
                _underWay.Dequeue();
                _answered += ended.Batch.Count;
                _policy.OnAnswered(ended.Batch.Count, Milliseconds(end - ended.Began));
                _latencies.AddRange(ended.Batch.Where(image => image.Item == "light").Select(image => end - image.Since.TotalMilliseconds));
                Begin(end);
            }
        }

        private void Begin(double now)
        {
            while (_policy.Count > 0 && _underWay.Count < Window - _policy.KeptCredits)
            {
                IReadOnlyList<Waiting<string>> batch = _policy.Take(Milliseconds(now), []);
                double begins = Math.Max(now, _free);
                _free = begins + perBatch + (batch.Count * perImage);
                _underWay.Enqueue((begins, batch), _free);
            }
        }

        private static IEnumerable<(double At, string Tenant)> Arrivals(Random random, string tenant, double rate, double end)
        {
            for (double at = Gap(); at < end; at += Gap())
                yield return (at, tenant);

            double Gap() => -Math.Log(1 - random.NextDouble()) / rate;
        }

        private static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
    }
}

using System.Numerics.Tensors;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Segments;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Options;
using VitGrid.Runtime.Faults;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>Grids of two devices, a replica each, with faults.</summary>
internal static class SickGrids
{
    /// <summary>Images that are asked for where nothing else is said.</summary>
    public const int Images = 120;

    private const float Tolerance = 1e-5f;
    private static readonly Lazy<Task<float[][]>> Healthy = new(ComputeHealthyAsync);

    static SickGrids() => Environment.SetEnvironmentVariable(FaultyBackend.Permission, "1");

    public static GridOptions Sick(params string[] faults) => TestGrid.Options(devices: 2, maxBatchSize: 4) with
    {
        Health = new()
        {
            InjectFaults = faults,
            ProbeMilliseconds = 1_000,
            RunFloorMilliseconds = 1_500,
            LostMilliseconds = 500,
            BackoffMilliseconds = 200,
        },
    };

    /// <summary>Starts a grid and waits until every device has its part.</summary>
    public static async Task<TestGrid> StartAsync(GridOptions options)
    {
        TestGrid grid = await TestGrid.StartAsync(options);
        SegmentHost host = grid.Get<SegmentHost>();
        TableStore table = grid.Get<TableStore>();
        int replicas = options.Devices.Count / Math.Max(1, options.Models[0].Segments);
        bool IsWhole() => host.Reports().Count(stage => stage.State == StageState.Ready) == options.Devices.Count
            && table.Current.Models[0].Replicas.Count(row => row.State == ReplicaState.Serving) == replicas;
        Assert.True(SpinWait.SpinUntil(IsWhole, Waits.Limit), "a device stays idle");
        return grid;
    }

    public static Task<float[][]> HealthyAsync() => Healthy.Value;

    private static async Task<float[][]> ComputeHealthyAsync()
    {
        await using TestGrid grid = await StartAsync(TestGrid.Options(devices: 2, maxBatchSize: 4));
        return await EmbedAsync(grid);
    }

    public static Task<float[][]> EmbedAsync(TestGrid grid) => EmbedAsync(grid, Enumerable.Range(0, Images));

    public static Task<float[][]> EmbedAsync(TestGrid grid, IEnumerable<int> seeds) =>
        EachAsync(seeds, seed => grid.VectorAsync(TestGrid.Image((byte)seed)));

    /// <summary>Eight at a time, so that both devices work on batches for a while.</summary>
    public static async Task<T[]> EachAsync<T>(IEnumerable<int> seeds, Func<int, Task<T>> ask)
    {
        using SemaphoreSlim places = new(8);
        return await Task.WhenAll(seeds.Select(async seed =>
        {
            await places.WaitAsync();
            try
            {
                return await ask(seed);
            }
            finally
            {
                places.Release();
            }
        }));
    }

    public static List<DeviceChange> Follow(DeviceHealth health)
    {
        List<DeviceChange> changes = [];
        health.Changed += change =>
        {
            lock (changes)
                changes.Add(change);
        };
        return changes;
    }

    public static bool Seen(List<DeviceChange> changes, bool isLost)
    {
        lock (changes)
            return changes.Exists(change => change.After.State == (isLost ? DeviceState.Lost : DeviceState.Out));
    }

    public static void AssertSame(float[][] expected, float[][] vectors)
    {
        Assert.Equal(expected.Length, vectors.Length);
        foreach ((float[] wanted, float[] got) in expected.Zip(vectors))
        {
            Assert.InRange(TensorPrimitives.CosineSimilarity<float>(wanted, got), 1 - 1e-6f, 1 + 1e-6f);
            Assert.All(wanted.Zip(got), pair => Assert.InRange(pair.Second, pair.First - Tolerance, pair.First + Tolerance));
        }
    }
}

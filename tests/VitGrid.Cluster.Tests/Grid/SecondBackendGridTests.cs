using System.Numerics.Tensors;
using VitGrid.Cluster.Options;
using VitGrid.Engine.Options;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Tests.Backends.PlainLoops;

namespace VitGrid.Cluster.Tests.Grid;

/// <summary>The example of <c>docs/extending.md</c>, a backend of plain loops, behind planner, batcher and stages.</summary>
public sealed class SecondBackendGridTests
{
    private static readonly PlainLoopsBackend Loops = new();

    [Fact]
    public async Task A_grid_of_its_devices_answers_with_the_vectors_of_a_grid_of_processors()
    {
        await using TestGrid grid = await TestGrid.StartAsync(Options(new(Loops, 0), new(Loops, 1)));
        await using TestGrid reference = await TestGrid.StartAsync(TestGrid.Options(segments: 2, devices: 2));

        float[][] vectors = await Task.WhenAll(Enumerable.Range(0, 6).Select(seed => grid.VectorAsync(TestGrid.Image((byte)seed))));

        Assert.Equal("loops", grid.Catalog.Find("tiny")!.Arithmetic);
        Assert.Equal(["loops:0", "loops:1"], grid.Catalog.Find("tiny")!.Segments.Select(segment => segment.Device));
        for (int seed = 0; seed < vectors.Length; seed++)
        {
            float[] expected = await reference.VectorAsync(TestGrid.Image((byte)seed));
            Assert.InRange(expected.Zip(vectors[seed]).Max(pair => Math.Abs(pair.First - pair.Second)), 0, 4e-5);
            Assert.InRange(TensorPrimitives.CosineSimilarity<float>(expected, vectors[seed]), 0.99999f, 1.00001f);
        }
    }

    [Fact]
    public void Devices_that_do_not_compute_the_same_are_not_mixed_for_a_model() => Assert.Equal(
        "VitGrid:Models:0:Precision of 'tiny' is Fp32 over CPU and LOOPS devices, which do not compute the same in Fp32; "
            + "use devices of one kind",
        Assert.Single(StartCheck.Faults(Options(ExecutionBackends.Processor, new(Loops, 0)))));

    private static GridOptions Options(params DeviceSpec[] devices) => TestGrid.Options(segments: 2) with { Devices = devices };
}

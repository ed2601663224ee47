using Orleans.Concurrency;
using VitGrid.Grains.Contracts;

namespace VitGrid.Grains.Pipeline;

/// <summary>The address of one segment: passes a batch to the silo's <see cref="SegmentHost"/>, whose device threads queue it.</summary>
[Reentrant, KeepAlive]
internal sealed class SegmentGrain(SegmentHost host) : Grain, ISegmentGrain
{
    public Task<BatchAnswer> RunAsync(StageOrder order)
    {
        (string model, int segment) = SegmentKey.Parse(this.GetPrimaryKeyString());
        return host.RunAsync(model, segment, order);
    }
}

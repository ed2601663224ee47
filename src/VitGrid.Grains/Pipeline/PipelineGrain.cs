using Orleans.Concurrency;
using VitGrid.Grains.Contracts;

namespace VitGrid.Grains.Pipeline;

/// <summary>Takes each batch through its model's segments in order. Reentrant: while one batch is in segment k, the next is in k − 1.</summary>
[Reentrant, KeepAlive]
internal sealed class PipelineGrain(SegmentHost host, ActivationStore activations) : Grain, IPipelineGrain
{
    public async Task<BatchAnswer> RunAsync(BatchOrder order)
    {
        string model = this.GetPrimaryKeyString();
        LoadedModel loaded = host.Get(model);
        StageOrder stage = new(Guid.NewGuid(), loaded.Epoch, order);
        float[]?[] vectors = new float[order.Pictures.Length][];
        try
        {
            for (int segment = 0; segment < loaded.Stages.Length && vectors.Contains(null); segment++)
            {
                BatchAnswer answer = await GrainFactory.GetGrain<ISegmentGrain>(SegmentKey.Of(model, segment)).RunAsync(stage);
                for (int item = 0; item < vectors.Length; item++)
                    vectors[item] ??= answer.ClsThenMean[item];
            }
            return new(vectors);
        }
        finally
        {
            activations.Discard(stage.Batch);
        }
    }
}

namespace VitGrid.Grains.Contracts;

/// <summary>Takes batches of one model through its segments, several at a time. Key: the model's name.</summary>
[Alias("vitgrid.pipeline")]
internal interface IPipelineGrain : IGrainWithStringKey
{
    /// <summary>Runs one batch through as many segments as its layers need.</summary>
    /// <exception cref="GridException">A segment failed or the model is not loaded.</exception>
    [Alias("run"), ResponseTimeout(Messages.ResponseTimeout)]
    Task<BatchAnswer> RunAsync(BatchOrder order);
}

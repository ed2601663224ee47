namespace VitGrid.Grains.Contracts;

/// <summary>Gathers one model's pictures into batches. Key: the model's name.</summary>
[Alias("vitgrid.batcher")]
internal interface IBatcherGrain : IGrainWithStringKey
{
    /// <summary>Queues one picture and answers when its batch has run; cancelled or expired pictures leave the queue unrun.</summary>
    /// <exception cref="GridException">Refused, expired or failed.</exception>
    [Alias("embed"), ResponseTimeout(Messages.ResponseTimeout)]
    Task<PictureAnswer> EmbedAsync(PictureOrder order, CancellationToken cancellation);
}

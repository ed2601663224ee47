namespace VitGrid.Grains.Contracts;

/// <summary>What grains say to each other. Messages name pixels and activations by id; the tensors stay in the silo's stores.</summary>
internal static class Messages
{
    /// <summary>
    /// Above the longest request timeout (one hour): a request ends by its own deadline, which has a clear message, and never by
    /// Orleans' response timeout.
    /// </summary>
    public const string ResponseTimeout = "01:10:00";
}

/// <summary>One picture to embed.</summary>
/// <param name="Picture">Id of its pixels in the silo's <see cref="Pipeline.PixelStore"/>.</param>
/// <param name="Layer">Hidden state to pool, 0…L.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Bytes">What it holds while it waits.</param>
/// <param name="Remaining">Time left until its deadline: a duration, so that clocks need not agree.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.picture-order")]
internal sealed record PictureOrder(
    [property: Id(0)] long Picture,
    [property: Id(1)] int Layer,
    [property: Id(2)] Lane Lane,
    [property: Id(3)] long Bytes,
    [property: Id(4)] TimeSpan Remaining);

/// <summary>One picture's pooled vectors.</summary>
/// <param name="ClsThenMean">2 D floats: the class token, then the mean of the patch tokens; un-normalised.</param>
/// <param name="Queue">From acceptance by the batcher until its batch left.</param>
/// <param name="Infer">From then until the batch was done.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.picture-answer")]
internal sealed record PictureAnswer(
    [property: Id(0)] float[] ClsThenMean,
    [property: Id(1)] TimeSpan Queue,
    [property: Id(2)] TimeSpan Infer);

/// <summary>One batch.</summary>
/// <param name="Pictures">Ids of the pixels, one a picture.</param>
/// <param name="Layers">The hidden state each picture wants, 0…L.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.batch-order")]
internal sealed record BatchOrder(
    [property: Id(0)] long[] Pictures,
    [property: Id(1)] int[] Layers);

/// <summary>One batch for one segment.</summary>
/// <param name="Batch">Id under which activations are handed on.</param>
/// <param name="Epoch">The incarnation of the loaded model that the caller means.</param>
/// <param name="Order">The batch.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.stage-order")]
internal sealed record StageOrder(
    [property: Id(0)] Guid Batch,
    [property: Id(1)] long Epoch,
    [property: Id(2)] BatchOrder Order);

/// <summary>A batch's pooled vectors.</summary>
/// <param name="ClsThenMean">For each picture its 2 D floats; null where the picture's layer lies in another segment.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.batch-answer")]
internal sealed record BatchAnswer([property: Id(0)] float[]?[] ClsThenMean);

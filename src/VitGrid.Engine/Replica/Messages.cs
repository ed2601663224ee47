using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Replica;

/// <summary>One image to embed.</summary>
/// <param name="Pixels">The image. The giver holds it for the call; whoever needs it longer adds a hold of its own.</param>
/// <param name="Layer">Hidden state to pool, 0…L.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Bytes">What it holds while it waits.</param>
/// <param name="Remaining">Time left until its deadline: a duration, so that clocks need not agree.</param>
public sealed record ImageOrder(
    Pixels Pixels,
    int Layer,
    Lane Lane,
    long Bytes,
    TimeSpan Remaining)
{
    /// <summary>Its span as a traceparent; null when it is not traced.</summary>
    public string? Trace { get; init; }

    /// <summary>Its request, for logs; null: unnamed.</summary>
    public string? RequestId { get; init; }
}

/// <summary>One image's pooled vectors.</summary>
/// <param name="ClsThenMean">2 D floats: the class token, then the mean of the patch tokens; un-normalised.</param>
/// <param name="Queue">From acceptance by the batcher until its batch left.</param>
/// <param name="Infer">From then until the batch was done.</param>
public sealed record ImageAnswer(
    float[] ClsThenMean,
    TimeSpan Queue,
    TimeSpan Infer);

/// <summary>One batch.</summary>
/// <param name="Images">The images, each held once by the batch: whoever runs it disposes them.</param>
/// <param name="Layers">The hidden state each image wants, 0…L.</param>
/// <param name="Traces">Each image's span; null when none is traced.</param>
/// <param name="Trace">The batch's own span.</param>
public sealed record BatchOrder(Pixels[] Images, int[] Layers, string?[]? Traces = null, string? Trace = null)
{
    /// <summary>Each image's request; null when none is named.</summary>
    public string?[]? RequestIds { get; init; }
}

/// <summary>A batch's pooled vectors: for each image its 2 D floats.</summary>
public sealed record BatchAnswer(float[][] ClsThenMean);

/// <summary>
/// The replica that had the image is gone, broken or replaced; nothing is wrong with the image, and another replica may compute it.
/// </summary>
public sealed class ReplicaLostException(string message, Exception? inner = null) : Exception(message, inner);

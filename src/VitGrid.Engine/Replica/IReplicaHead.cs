using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Replica;

/// <summary>
/// Takes the images of one replica incarnation: in this process (<see cref="LocalReplicaHead"/>) or over the data plane. Which of them is
/// chosen once, when the layout is applied. Thread-safe.
/// </summary>
public interface IReplicaHead
{
    /// <summary>Embeds one image; completes with its vectors, and at once when <paramref name="cancellationToken"/> is signalled.</summary>
    /// <exception cref="GridException">The head refused it, or a segment failed on it.</exception>
    /// <exception cref="ReplicaLostException">The replica cannot be reached, broke or was retired: another one may be asked.</exception>
    Task<ImageAnswer> EmbedAsync(ImageOrder order, CancellationToken cancellationToken);
}

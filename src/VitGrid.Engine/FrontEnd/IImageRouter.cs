using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.FrontEnd;

/// <summary>Brings a decoded image to a replica, in this process or in another one, and its vectors back.</summary>
public interface IImageRouter
{
    /// <summary>Embeds one image.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="order">The image, held by the caller until this completes, and what is asked of it.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <exception cref="GridException">Refused, or a segment failed on it.</exception>
    Task<ImageAnswer> EmbedAsync(string model, ImageOrder order, CancellationToken cancellationToken);
}

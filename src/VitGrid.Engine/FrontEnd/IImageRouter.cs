using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.FrontEnd;

/// <summary>Brings a decoded image to a replica, in this process or in another one, and its vectors back.</summary>
internal interface IImageRouter
{
    /// <summary>Embeds one image.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="order">What is asked of the image.</param>
    /// <param name="pixels">The image; the caller's to dispose.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <exception cref="GridException">Refused, or a segment failed on it.</exception>
    Task<ImageAnswer> EmbedAsync(string model, ImageOrder order, Pixels pixels, CancellationToken cancellationToken);
}

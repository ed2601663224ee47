using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Timing;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>A request whose fields were checked against the model it names.</summary>
/// <param name="Request">As it came.</param>
/// <param name="Model">Ready.</param>
/// <param name="Profile">The request's, else the model's.</param>
/// <param name="Layer">0…L.</param>
/// <param name="Timeout">The request's, else the default.</param>
/// <param name="Deadline">On the <see cref="GridClock"/>.</param>
internal sealed record PreparedImage(
    EmbeddingRequest Request, ModelInfo Model, PreprocessProfile Profile, int Layer, TimeSpan Timeout, TimeSpan Deadline)
{
    /// <summary>What it holds while it is in the grid: the file and its pixels.</summary>
    public long Bytes => (long)Request.Image.Length + Model.InputSize.PixelBytes;

    /// <summary>See <see cref="EmbeddingResult.IgnoredOrientation"/>; to be asked while the request's memory is held.</summary>
    public int IgnoredOrientation() =>
        Request.Exif is null && Profile.Exif == ExifOrientation.Ignore ? ExifTag.OrientationOf(Request.Image.Span) : 1;

    /// <summary>Time left, never negative.</summary>
    public TimeSpan Remaining(TimeSpan now) => now < Deadline ? Deadline - now : TimeSpan.Zero;
}

using VitGrid.Engine.Options;
using VitGrid.Indexing.Spool;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>The lines of uploaded files.</summary>
internal sealed class BatchLines(SpoolFolder spool, HttpOptions limits, ImageOptions images)
{
    /// <summary>Reads a file line by line, good or not.</summary>
    /// <param name="file">Its id.</param>
    public IEnumerable<BatchLine> Of(string file) => new BatchReader(spool, file, limits, images.ExifOrientation).Read();
}

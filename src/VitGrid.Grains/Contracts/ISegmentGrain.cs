namespace VitGrid.Grains.Contracts;

/// <summary>One segment of one model. Key: <c>model/segment</c>, see <see cref="SegmentKey"/>.</summary>
[Alias("vitgrid.segment")]
internal interface ISegmentGrain : IGrainWithStringKey
{
    /// <summary>Runs one batch whose input lies in this silo's stores, and leaves the output there for the next segment.</summary>
    /// <exception cref="GridException">The caller's epoch is stale, the model is not loaded, or the computation failed.</exception>
    [Alias("run"), ResponseTimeout(Messages.ResponseTimeout)]
    Task<BatchAnswer> RunAsync(StageOrder order);
}

/// <summary>The key of a segment grain; model names may hold slashes, so the number is read from the end.</summary>
internal static class SegmentKey
{
    public static string Of(string model, int segment) => string.Create(CultureInfo.InvariantCulture, $"{model}/{segment}");

    public static (string Model, int Segment) Parse(string key)
    {
        int slash = key.LastIndexOf('/');
        return (key[..slash], int.Parse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}

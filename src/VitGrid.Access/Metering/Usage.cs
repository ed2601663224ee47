namespace VitGrid.Access.Metering;

/// <summary>What was used.</summary>
/// <param name="Requests">Requests.</param>
/// <param name="Images">Images.</param>
/// <param name="Bytes">Bytes of bodies.</param>
public readonly record struct Usage(long Requests, long Images, long Bytes)
{
    /// <summary>Whether it is used whenever there is time, and so in no minute.</summary>
    public bool IsLater { get; init; }

    /// <summary>The sum of both.</summary>
    public static Usage operator +(Usage one, Usage other) => Add(one, other);

    /// <summary>The sum of both.</summary>
    public static Usage Add(Usage one, Usage other) =>
        new(one.Requests + other.Requests, one.Images + other.Images, one.Bytes + other.Bytes);
}

/// <summary>What a caller has used in the present minute and day, and has under way.</summary>
/// <param name="Seconds">The moment, in seconds since 1970.</param>
/// <param name="Minute">Of this minute.</param>
/// <param name="Day">Of this day, by UTC.</param>
/// <param name="UnderWay">Images that are being answered, those asked for included.</param>
public readonly record struct Counted(long Seconds, Usage Minute, Usage Day, long UnderWay);

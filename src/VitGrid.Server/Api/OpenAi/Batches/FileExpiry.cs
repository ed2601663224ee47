using System.Globalization;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>How long after it was made a file goes away, as OpenAI's <c>expires_after</c> and <c>output_expires_after</c> say it.</summary>
internal static class FileExpiry
{
    private const int Shortest = 3_600;
    private const int Longest = 2_592_000;

    /// <summary>Null where neither is given: the file stays until it is deleted.</summary>
    /// <exception cref="ApiException">One of them is missing, or not among what is taken.</exception>
    public static int? Seconds(string field, string? anchor, string? seconds)
    {
        if (anchor is null && seconds is null)
            return null;
        if (anchor != "created_at")
            throw Invalid($"{field}[anchor]", $"is '{Quote.Short(anchor)}'; it takes created_at");
        return int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value is >= Shortest and <= Longest
            ? value
            : throw Invalid($"{field}[seconds]",
                $"is '{Quote.Short(seconds)}'; it takes a whole number from {Shortest} (an hour) to {Longest} (30 days)");
    }

    private static ApiException Invalid(string field, string what) => new(ApiCode.InvalidRequest, $"{field} {what}", field);
}

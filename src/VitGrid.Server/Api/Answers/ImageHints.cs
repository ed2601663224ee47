using System.Globalization;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Answers;

/// <summary>What a client should know of images that were answered.</summary>
internal static class ImageHints
{
    private const int MaxNamed = 4;

    /// <summary>The hints of a request's images; <paramref name="outcomes"/> stand in the order of <paramref name="images"/>.</summary>
    public static IEnumerable<string> From(IReadOnlyList<ImageInput> images, IReadOnlyList<ImageOutcome> outcomes) =>
        OfOrientations([.. images.Select((image, i) => (image.Param, outcomes[i].Result?.IgnoredOrientation ?? 1))]);

    /// <summary>One hint for all images whose EXIF orientation was ignored; none where there is no such image.</summary>
    /// <param name="images">The place of each image, and its orientation; 1 where nothing was ignored.</param>
    public static IEnumerable<string> OfOrientations(IReadOnlyList<(string Param, int Orientation)> images)
    {
        (string Param, int Orientation)[] ignored = [.. images.Where(image => image.Orientation > 1)];
        if (ignored.Length == 0)
            yield break;
        string named = string.Join(", ", ignored.Take(MaxNamed).Select(
            image => string.Create(CultureInfo.InvariantCulture, $"{image.Param} ({image.Orientation})")));
        yield return $"EXIF orientation ignored: {named}{(ignored.Length > MaxNamed ? $" and {ignored.Length - MaxNamed} more" : "")}; "
            + "send exif=apply to turn such images upright, exif=ignore to hear no more of it";
    }
}

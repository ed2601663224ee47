using System.Globalization;

namespace VitGrid.Text.Reading;

/// <summary>Bounds of a vocabulary.</summary>
internal static class Vocabulary
{
    /// <summary>One more than the highest id that is read; Gemma's vocabulary has 256,000.</summary>
    public const int MaxSize = 2_000_000;

    /// <summary>The id, if it is one.</summary>
    /// <exception cref="FormatException">It is negative or too high.</exception>
    public static int Checked(int id) => id is >= 0 and < MaxSize
        ? id
        : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"token id {id} is not within 0 and {MaxSize - 1}"));
}

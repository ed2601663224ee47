using System.Globalization;
using System.Runtime.CompilerServices;

namespace VitGrid.LoadTest.Reports;

/// <summary>Formats text for reports as the invariant culture does, whatever the machine's.</summary>
internal static class Invariant
{
    /// <summary>Formats an interpolated string, also one that is joined of several.</summary>
    public static string Text(InvariantText text) => text.ToString();
}

/// <summary>Collects an interpolated string's parts in the invariant culture.</summary>
[InterpolatedStringHandler]
internal ref struct InvariantText(int literalLength, int formattedCount)
{
    private DefaultInterpolatedStringHandler _text = new(literalLength, formattedCount, CultureInfo.InvariantCulture);

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value, int alignment = 0, string? format = null) => _text.AppendFormatted(value, alignment, format);

    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    public override string ToString() => _text.ToStringAndClear();
}

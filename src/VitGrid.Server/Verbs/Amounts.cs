using System.Globalization;

namespace VitGrid.Server.Verbs;

/// <summary>Amounts as people read them.</summary>
internal static class Amounts
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Bytes in the largest binary unit that keeps the number above one, e.g. <c>10.31 GiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        int unit = 0;
        double amount = bytes;
        for (; Math.Abs(amount) >= 1024 && unit < Units.Length - 1; unit++)
            amount /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{amount:0.##} {Units[unit]}");
    }

    /// <summary>A whole number with thousands separators.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with up to <paramref name="digits"/> significant digits.</summary>
    public static string Number(double number, int digits = 4) => number != 0 && Math.Abs(number) is < 1e-3 or >= 1e6
        ? number.ToString("0." + new string('#', digits - 1) + "e+0", CultureInfo.InvariantCulture)
        : Math.Abs(number) >= Math.Pow(10, digits)
        ? number.ToString("0", CultureInfo.InvariantCulture) : number.ToString("G" + digits, CultureInfo.InvariantCulture);
}

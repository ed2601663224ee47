using System.Globalization;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Architecture;

/// <summary>What <c>structure-exceptions.txt</c> still allows: a line each of kind, key and amount; empty in a house in order.</summary>
internal static class StructureExceptions
{
    private static readonly string[][] Lines =
    [
        .. File.ReadLines(Path.Combine(GoldenFiles.Repository, "tests", "VitGrid.Server.Tests", "Architecture", "structure-exceptions.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ')),
    ];

    /// <summary>The larger of what all may and what the file allows.</summary>
    public static int Allowed(string kind, string key, int all) => Lines
        .Where(line => line[0] == kind && line[1] == key)
        .Select(line => int.Parse(line[2], CultureInfo.InvariantCulture))
        .Append(all).Max();

    /// <summary>Whether the file allows <paramref name="what"/> to <paramref name="key"/>.</summary>
    public static bool Allows(string kind, string key, string what) => Lines.Any(line => line.SequenceEqual([kind, key, what]));
}

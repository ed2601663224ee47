using System.Globalization;
using System.Text;

namespace VitGrid.Text.OpenClip;

/// <summary>The named character references of HTML; .NET knows the 253 of HTML 4 alone.</summary>
internal sealed class EntityTable
{
    /// <summary>The longest name that counts without its semicolon.</summary>
    public const int LongestOpen = 6;

    // HTML's own; those in capitals, which ftfy alone reads.
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _names =
        new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _capitals =
        new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private EntityTable(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            if (line[0] != '#')
                Read(line.Split('^'));
        }
    }

    /// <summary>The table, read once.</summary>
    public static EntityTable Instance { get; } = Load();

    /// <summary>What a name means, which ends with its semicolon or is one of the old ones that need none.</summary>
    public bool TryGet(ReadOnlySpan<char> name, out string meaning) => _names.TryGetValue(name, out meaning!);

    /// <summary>The same, and names in capitals where HTML has them in small letters only.</summary>
    public bool TryGetInCapitals(ReadOnlySpan<char> name, out string meaning) =>
        _names.TryGetValue(name, out meaning!) || _capitals.TryGetValue(name, out meaning!);

    private void Read(string[] halves)
    {
        string[] fields = halves[0].TrimEnd().Split(' ');
        string meaning = Text(fields.AsSpan(1));
        _names.Dictionary.Add(fields[0], meaning);
        if (halves.Length > 1)
            _capitals.Dictionary.Add(fields[0].ToUpperInvariant(), halves[1].Length > 0 ? Text(halves[1][1..].Split(' ')) : meaning);
    }

    private static string Text(ReadOnlySpan<string> codePoints)
    {
        StringBuilder text = new();
        foreach (string codePoint in codePoints)
            text.Append(new Rune(int.Parse(codePoint, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        return text.ToString();
    }

    private static EntityTable Load()
    {
        using Stream stream = typeof(EntityTable).Assembly.GetManifestResourceStream("entities.txt")!;
        using StreamReader reader = new(stream);
        return new(reader);
    }
}

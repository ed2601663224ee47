using System.Globalization;

namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>The kinds of characters, and the encodings that texts are wrongly decoded by.</summary>
internal sealed class MojibakeData
{
    /// <summary>All characters that matter are below, but for the few in <see cref="_rare"/>.</summary>
    private const int Size = 0x2600;

    private readonly Kinds[] _kinds = new Kinds[Size];
    private readonly Dictionary<char, Kinds> _rare = [];
    private readonly List<SingleByteEncoding> _encodings = [];

    private MojibakeData(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(' ');
            if (fields[0] == "K")
                ReadKind(Enum.Parse<Kinds>(fields[1]), fields.AsSpan(2));
            else if (fields[0] == "E")
                _encodings.Add(new(fields[1], [.. Characters(fields.AsSpan(2))]));
        }
    }

    /// <summary>The data, read once.</summary>
    public static MojibakeData Instance { get; } = Load();

    /// <summary>The encodings in the order in which they are tried.</summary>
    public IReadOnlyList<SingleByteEncoding> Encodings => _encodings;

    /// <summary>The kinds of a character.</summary>
    public Kinds KindsOf(char character) =>
        character < Size ? _kinds[character] : character < '\uF8FF' ? Kinds.None : _rare.GetValueOrDefault(character);

    private void ReadKind(Kinds kind, ReadOnlySpan<string> members)
    {
        foreach (char character in Characters(members))
        {
            if (character < Size)
                _kinds[character] |= kind;
            else
                _rare[character] = _rare.GetValueOrDefault(character) | kind;
        }
    }

    private static List<char> Characters(ReadOnlySpan<string> ranges)
    {
        List<char> characters = [];
        foreach (string range in ranges)
        {
            string[] ends = range.Split('-');
            for (int character = Hex(ends[0]); character <= Hex(ends[^1]); character++)
                characters.Add((char)character);
        }
        return characters;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static MojibakeData Load()
    {
        using Stream stream = typeof(MojibakeData).Assembly.GetManifestResourceStream("mojibake.txt")!;
        using StreamReader reader = new(stream);
        return new(reader);
    }
}

using System.Globalization;

namespace VitGrid.Text.Unicode;

/// <summary>
/// What normalization form C needs to know: Unicode Standard Annex 15, data of Unicode 14.0. <c>string.Normalize</c> does nothing where
/// globalization is invariant.
/// </summary>
internal sealed class CanonicalData
{
    private const int FirstUnsafe = 0x300;
    private const int Size = 0x30000;

    private readonly Dictionary<int, (int First, int Second)> _decompositions = [];
    private readonly Dictionary<ulong, int> _compositions = [];
    private readonly byte[] _classes = new byte[Size];
    private readonly bool[] _unsafe = new bool[Size];

    private CanonicalData(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
            Read(line.Split(' '));
        for (int i = 0; i < Size; i++)
            _unsafe[i] |= _classes[i] > 0 || Hangul.IsVowelOrTrailing(i);
    }

    /// <summary>The data, read once.</summary>
    public static CanonicalData Instance { get; } = Load();

    /// <summary>Whether a text that holds the code point may have to be changed.</summary>
    public bool IsUnsafe(int codePoint) => codePoint >= FirstUnsafe && codePoint < Size && _unsafe[codePoint];

    /// <summary>The canonical combining class; 0: a starter.</summary>
    public byte ClassOf(int codePoint) => codePoint < Size ? _classes[codePoint] : (byte)0;

    /// <summary>What a code point decomposes to in one step; the second is 0 where it is one code point.</summary>
    public bool TryDecompose(int codePoint, out (int First, int Second) parts) => _decompositions.TryGetValue(codePoint, out parts);

    /// <summary>What two code points are composed to.</summary>
    public bool TryCompose(int first, int second, out int composed) =>
        _compositions.TryGetValue(((ulong)first << 32) | (uint)second, out composed);

    private void Read(string[] fields)
    {
        if (fields[0] == "D")
            ReadDecomposition(Hex(fields[1]), fields);
        else if (fields[0] == "C")
            Array.Fill(_classes, byte.Parse(fields[3], CultureInfo.InvariantCulture), Hex(fields[1]), Hex(fields[2]) - Hex(fields[1]) + 1);
    }

    private void ReadDecomposition(int codePoint, string[] fields)
    {
        bool isExcluded = fields[2][0] == '!';
        (int first, int second) = (Hex(fields[2].TrimStart('!')), fields.Length > 3 ? Hex(fields[3]) : 0);
        _decompositions[codePoint] = (first, second);
        if (isExcluded)
        {
            _unsafe[codePoint] = true;
            return;
        }
        _compositions[((ulong)first << 32) | (uint)second] = codePoint;
        _unsafe[second] = true;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static CanonicalData Load()
    {
        using Stream stream = typeof(CanonicalData).Assembly.GetManifestResourceStream("canonical.txt")!;
        using StreamReader reader = new(stream);
        return new(reader);
    }
}

using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace VitGrid.Page.Trying;

/// <summary>An array of float32 as NumPy writes it, of the API's own making: little-endian, in C order.</summary>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Values">Its numbers, the last dimension fastest.</param>
internal sealed partial record NpyArray(IReadOnlyList<int> Shape, float[] Values)
{
    private const int HeaderAt = 10;

    /// <summary>Reads a file of format 1 or 2.</summary>
    /// <exception cref="FormatException">It is no such file.</exception>
    public static NpyArray Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderAt + 2 || file[0] != 0x93 || !file[1..].StartsWith("NUMPY"u8))
            throw new FormatException("the answer is no NumPy file");
        bool isLong = file[6] > 1;
        int length = isLong ? BitConverter.ToInt32(file[8..12]) : BitConverter.ToUInt16(file[8..10]), from = isLong ? 12 : HeaderAt;
        string header = Encoding.ASCII.GetString(file.Slice(from, length));
        if (!header.Contains("'<f4'", StringComparison.Ordinal))
            throw new FormatException($"the answer's header is {header}, and not of float32");
        int[] shape = [.. Number().Matches(ShapeText().Match(header).Groups[1].Value).Select(
            number => int.Parse(number.Value, CultureInfo.InvariantCulture))];
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(file[(from + length)..]);
        if (values.Length != shape.Aggregate(1, (product, size) => product * size))
            throw new FormatException($"the answer has {values.Length} numbers, and its header says {header}");
        return new(shape, values.ToArray());
    }

    [GeneratedRegex(@"'shape':\s*\(([^)]*)\)")]
    private static partial Regex ShapeText();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}

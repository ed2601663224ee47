namespace VitGrid.LoadTest.Images;

/// <summary>One component's 8 × 8 blocks: cosine transform, quantisation, run lengths (ITU-T T.81, A.3.3 and F.1.2).</summary>
internal sealed class JpegBlock(JpegBits bits, byte[] steps)
{
    private const int Side = 8, Size = Side * Side, LongestRun = 15;

    private static readonly float[] Cosines = [.. Enumerable.Range(0, Size).Select(i => Cosine(i / Side, i % Side))];

    private readonly float[] _rows = new float[Size];
    private readonly int[] _numbers = new int[Size];

    /// <summary>Writes a block of samples around 0.</summary>
    /// <param name="samples">64 samples, row by row.</param>
    /// <param name="lastDc">The first number of the component's block before, 0 for its first block.</param>
    /// <returns>This block's first number.</returns>
    public int Write(float[] samples, int lastDc)
    {
        Transform(samples);
        WriteNumber(0, _numbers[0] - lastDc, JpegTables.DcCodes);
        int run = 0;
        for (int i = 1; i < Size; i++)
        {
            if (_numbers[i] == 0)
            {
                run++;
                continue;
            }
            for (; run > LongestRun; run -= LongestRun + 1)
                bits.Write(JpegTables.AcCodes[0xf0]);
            WriteNumber(run, _numbers[i], JpegTables.AcCodes);
            run = 0;
        }
        if (run > 0)
            bits.Write(JpegTables.AcCodes[0]);
        return _numbers[0];
    }

    private void Transform(float[] samples)
    {
        for (int i = 0; i < Size; i++)
            _rows[i] = Dot(samples.AsSpan(i / Side * Side, Side), 1, i % Side);
        for (int i = 0; i < Size; i++)
        {
            int place = JpegTables.ZigZag[i];
            _numbers[i] = (int)MathF.Round(Dot(_rows.AsSpan(place % Side), Side, place / Side) / steps[place]);
        }
    }

    private static float Dot(ReadOnlySpan<float> values, int stride, int frequency)
    {
        float sum = 0;
        for (int i = 0; i < Side; i++)
            sum += values[i * stride] * Cosines[(frequency * Side) + i];
        return sum;
    }

    /// <summary>
    /// A number's length in bits, after the run of zeros before it, as a Huffman code; then its bits, one's complement when negative.
    /// </summary>
    private void WriteNumber(int run, int number, (int Code, int Length)[] codes)
    {
        int length = 32 - int.LeadingZeroCount(Math.Abs(number));
        bits.Write(codes[(run << 4) | length]);
        if (length > 0)
            bits.Write(((number < 0 ? number - 1 : number) & ((1 << length) - 1), length));
    }

    private static float Cosine(int frequency, int place) =>
        (float)((frequency == 0 ? Math.Sqrt(0.125) : 0.5) * Math.Cos(((2 * place) + 1) * frequency * Math.PI / 16));
}

/// <summary>Bits of a scan, the first one highest; a byte of ones is followed by a byte of zeros.</summary>
internal sealed class JpegBits(Stream output)
{
    private int _held;
    private int _count;

    /// <summary>Writes the low <c>Length</c> bits of <c>Code</c>, at most 16.</summary>
    public void Write((int Code, int Length) bits)
    {
        _held = (_held << bits.Length) | bits.Code;
        for (_count += bits.Length; _count >= 8; _count -= 8)
            WriteByte((byte)(_held >> (_count - 8)));
        _held &= 0xff;
    }

    /// <summary>Fills the last byte with ones.</summary>
    public void Flush() => Write((0x7f, 7));

    private void WriteByte(byte value)
    {
        output.WriteByte(value);
        if (value == 0xff)
            output.WriteByte(0);
    }
}

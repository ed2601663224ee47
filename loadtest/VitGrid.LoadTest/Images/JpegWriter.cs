using System.Buffers.Binary;

namespace VitGrid.LoadTest.Images;

/// <summary>Writes baseline JPEG with 4:2:0 colour (ITU-T T.81; JFIF 1.01). One pair of Huffman tables serves all components.</summary>
internal sealed class JpegWriter
{
    private const int Block = 8, Mcu = 16;

    private readonly Canvas _canvas;
    private readonly JpegBlock _lightBlock;
    private readonly JpegBlock _colourBlock;
    private readonly byte[] _lightSteps;
    private readonly byte[] _colourSteps;
    private readonly Stream _file;
    private readonly JpegBits _bits;
    private readonly float[] _y = new float[Mcu * Mcu];
    private readonly float[] _cb = new float[Mcu * Mcu];
    private readonly float[] _cr = new float[Mcu * Mcu];
    private readonly float[] _samples = new float[Block * Block];
    private int _lastY;
    private int _lastCb;
    private int _lastCr;

    private JpegWriter(Canvas canvas, int quality, Stream file)
    {
        (_canvas, _file) = (canvas, file);
        _lightSteps = JpegTables.Scale(JpegTables.LightSteps, quality);
        _colourSteps = JpegTables.Scale(JpegTables.ColourSteps, quality);
        _bits = new(file);
        (_lightBlock, _colourBlock) = (new(_bits, _lightSteps), new(_bits, _colourSteps));
    }

    /// <summary>The whole file; <paramref name="quality"/> 1–100 as in libjpeg.</summary>
    public static byte[] Write(Canvas canvas, int quality = 85)
    {
        using MemoryStream file = new();
        new JpegWriter(canvas, quality, file).Write();
        return file.ToArray();
    }

    private void Write()
    {
        WriteHead();
        WriteScan();
        _bits.Flush();
        _file.Write([0xff, 0xd9]);
    }

    private void WriteHead()
    {
        _file.Write([0xff, 0xd8]);
        WriteSegment(0xe0, [.. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
        WriteSegment(0xdb, [0, .. JpegTables.ZigZag.Select(i => _lightSteps[i]), 1, .. JpegTables.ZigZag.Select(i => _colourSteps[i])]);
        Span<byte> size = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)_canvas.Height);
        BinaryPrimitives.WriteUInt16BigEndian(size[2..], (ushort)_canvas.Width);
        WriteSegment(0xc0, [8, .. size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        WriteSegment(0xc4, [0x00, .. JpegTables.DcCounts, .. JpegTables.DcSymbols, 0x10, .. JpegTables.AcCounts, .. JpegTables.AcSymbols]);
        WriteSegment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    }

    private void WriteSegment(byte marker, byte[] body)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(body.Length + 2));
        _file.Write([0xff, marker]);
        _file.Write(length);
        _file.Write(body);
    }

    private void WriteScan()
    {
        for (int top = 0; top < _canvas.Height; top += Mcu)
        {
            for (int left = 0; left < _canvas.Width; left += Mcu)
            {
                ReadMcu(top, left);
                foreach ((int down, int right) in (ReadOnlySpan<(int, int)>)[(0, 0), (0, Block), (Block, 0), (Block, Block)])
                    _lastY = _lightBlock.Write(Quarter(down, right), _lastY);
                _lastCb = _colourBlock.Write(Halved(_cb), _lastCb);
                _lastCr = _colourBlock.Write(Halved(_cr), _lastCr);
            }
        }
    }

    /// <summary>16 × 16 pixels as Y, Cb, Cr around 0; the last row and column repeat beyond the edge.</summary>
    private void ReadMcu(int top, int left)
    {
        for (int i = 0; i < Mcu * Mcu; i++)
        {
            int y = Math.Min(top + (i / Mcu), _canvas.Height - 1), x = Math.Min(left + (i % Mcu), _canvas.Width - 1);
            int at = ((y * _canvas.Width) + x) * 3;
            float r = _canvas.Rgb[at], g = _canvas.Rgb[at + 1], b = _canvas.Rgb[at + 2];
            float light = (0.299f * r) + (0.587f * g) + (0.114f * b);
            (_y[i], _cb[i], _cr[i]) = (light - 128, (b - light) * 0.564334f, (r - light) * 0.713267f);
        }
    }

    private float[] Quarter(int down, int right)
    {
        for (int i = 0; i < _samples.Length; i++)
            _samples[i] = _y[((down + (i / Block)) * Mcu) + right + (i % Block)];
        return _samples;
    }

    private float[] Halved(float[] plane)
    {
        for (int i = 0; i < _samples.Length; i++)
        {
            int at = (i / Block * 2 * Mcu) + (i % Block * 2);
            _samples[i] = (plane[at] + plane[at + 1] + plane[at + Mcu] + plane[at + Mcu + 1]) / 4;
        }
        return _samples;
    }
}

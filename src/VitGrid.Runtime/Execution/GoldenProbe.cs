using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Parity;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Execution;

/// <summary>
/// An image, or a text, whose vector is known, to be computed by a loaded segment from time to time. It has four patches (28 × 28 pixels
/// at patches of 14) where the segment's session computes other sizes than its own, see <see cref="ISegmentSession.Resize"/>; elsewhere
/// its own size. A later segment is handed a hidden state that was drawn: so each device is judged by itself.
/// <para>
/// The known vector is the device's first, if the host's processor, in a session of its own with weights read anew from the files, comes
/// to the same within the limits of the arithmetic. Not thread-safe: the device's thread drives it.
/// </para>
/// </summary>
public sealed class GoldenProbe
{
    /// <summary>What a device may differ by from itself that does not repeat its results to the last bit.</summary>
    public const double Unsteady = 5e-4;

    /// <summary>The same of a processor that does: every change is a fault.</summary>
    public const double Steady = 1e-6;

    private const int GridSide = 2;

    private readonly Checkpoint _checkpoint;
    private readonly SegmentSettings _settings;
    private readonly ISegmentSession _session;
    private readonly byte[] _input;
    private readonly ActivationShape _hidden;
    private readonly float[] _vectors;
    private readonly float[] _known;

    private GoldenProbe(Checkpoint checkpoint, SegmentSettings settings, ISegmentSession main)
    {
        EncoderArchitecture architecture = checkpoint.Architecture;
        _checkpoint = checkpoint;
        InputSize small = Small(settings.InputSize, architecture.PatchSize);
        ISegmentSession? resized = main.Resize(small);
        IsSmall = resized is not null;
        _session = resized ?? main;
        _settings = IsSmall ? settings with { InputSize = small } : settings;
        ActivationType type = settings.Device.Backend.FindArithmetic(settings.Precision)?.Compute ?? ActivationType.Float32;
        _hidden = new(1, _settings.InputSize.StateRows(architecture), architecture.Width, type);
        _input = settings.Blocks.First == 0 ? Noise(_settings.InputSize, architecture.VocabularySize) : Drawn(_hidden);
        int width = architecture.Poolings.VectorWidth(architecture.Width, last: settings.Blocks.End == architecture.Depth);
        _vectors = new float[width];
        _known = new float[width];
    }

    /// <summary>Whether it is an image of four patches.</summary>
    public bool IsSmall { get; }

    /// <summary>The size of its image.</summary>
    internal InputSize InputSize => _settings.InputSize;

    /// <summary>Its image, or the hidden state that a later segment is handed.</summary>
    internal ReadOnlyMemory<byte> Input => _input;

    /// <summary>How far the unit vector may be from the known one, as the length of their difference.</summary>
    public double Tolerance { get; private set; } = Unsteady;

    /// <summary>How long it took at first.</summary>
    public TimeSpan FirstTook { get; private set; }

    /// <summary>
    /// Makes the probe of a segment that was just loaded and learns its vector. Called on a thread that may compute.
    /// </summary>
    /// <param name="checkpoint">The model; it stays open longer than the probe.</param>
    /// <param name="settings">What the segment was loaded with.</param>
    /// <param name="main">The segment, which lives longer than the probe.</param>
    /// <exception cref="WrongVectorException">The device's vector is not the processor's.</exception>
    public static GoldenProbe Load(Checkpoint checkpoint, SegmentSettings settings, ISegmentSession main)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(main);
        GoldenProbe probe = new(checkpoint, settings, main);
        probe.Learn();
        return probe;
    }

    /// <summary>Computes it, and says how far the result is from the known vector; infinitely where it holds no number.</summary>
    public double Run()
    {
        Compute(_session, _hidden, _vectors);
        return UnitDistance.Between(_vectors, _known, _hidden.Width);
    }

    /// <summary>
    /// Whether the known vector itself is no longer what the processor comes to with weights read anew: then it is the probe that is wrong,
    /// and no device. Takes as long as loading; any thread may call.
    /// </summary>
    public bool IsItselfWrong() => UnitDistance.Between(Reference(), _known, _hidden.Width) > Limit;

    private double Limit => _settings.Device.Backend.FindArithmetic(_settings.Precision)?.Limit.MinCosine is { } cosine
        ? Math.Max(UnitDistance.Exact, Math.Sqrt(2 * (1 - cosine)))
        : _settings.Device.Backend.IsProvenAtLoad ? UnitDistance.Proven : UnitDistance.Exact;

    private void Learn()
    {
        long began = Stopwatch.GetTimestamp();
        Compute(_session, _hidden, _known);
        FirstTook = Stopwatch.GetElapsedTime(began);
        Compute(_session, _hidden, _vectors);
        if (_settings.Device.Backend.SharesHost && _vectors.AsSpan().SequenceEqual(_known))
            Tolerance = Steady;
        double distance = UnitDistance.Between(Reference(), _known, _hidden.Width);
        if (!(distance <= Limit))
        {
            throw new WrongVectorException(string.Create(
                CultureInfo.InvariantCulture,
                $"{_settings.Device.Name} computes a known image wrong in blocks {_settings.Blocks}: its unit vector is "
                    + $"{distance:0.###e-0} from what this machine's processor comes to with weights read anew (limit {Limit:0.###e-0}); "
                    + $"check the device's memory and driver, or leave it out of the devices"));
        }
    }

    private float[] Reference()
    {
        // What the processor computes otherwise is held against what it computes exactly.
        bool isOwn = _settings.Device.Backend.FindArithmetic(_settings.Precision)?.Name
            == ExecutionBackends.Processor.Backend.FindArithmetic(_settings.Precision)?.Name;
        SegmentSettings settings = _settings with
        {
            Device = ExecutionBackends.Processor,
            Precision = _settings.Device.Backend.SharesHost && isOwn ? _settings.Precision
                : _checkpoint.StoredType == TensorType.BF16 ? Precision.Bf16 : Precision.Fp32,
            Sharing = null,
            Unpacked = true,
            Flip = null,
            Quantising = null,
        };
        float[] vectors = new float[_known.Length];
        using ISegmentSession session = settings.Device.Backend.Load(_checkpoint, settings);
        Compute(session, _hidden with { ElementType = ActivationType.Float32 }, vectors);
        return vectors;
    }

    private void Compute(ISegmentSession session, ActivationShape shape, float[] vectors)
    {
        using Activation result = _settings.Blocks.First == 0 ? session.RunPixels([_input]) : RunHidden(session, shape);
        result.CopyPooled(_settings.Blocks.End, 0, vectors);
    }

    private Activation RunHidden(ISegmentSession session, ActivationShape shape)
    {
        byte[] bytes = shape.ElementType == _hidden.ElementType ? _input : Drawn(shape);
        using Activation hidden = Activation.FromHost(1, shape.Tokens, shape.Width, shape.ElementType, bytes, Nothing.Instance);
        return session.Run(hidden);
    }

    /// <summary>Four patches, and beyond them what is left over of the segment's own images: the graph cuts that off.</summary>
    internal static InputSize Small(InputSize own, int patch) => own with
    {
        Height = (GridSide * patch) + (own.Height % patch), Width = (GridSide * patch) + (own.Width % patch),
    };

    private static byte[] Noise(InputSize size, int vocabulary)
    {
        byte[] pixels = new byte[size.PixelBytes];
        Random random = new(size.PixelBytes);
        if (size.Samples == PixelType.Single)
        {
            foreach (ref float sample in MemoryMarshal.Cast<byte, float>(pixels.AsSpan()))
                sample = random.Next(byte.MaxValue + 1);
        }
        else if (size.Samples == PixelType.TokenId)
        {
            foreach (ref int token in MemoryMarshal.Cast<byte, int>(pixels.AsSpan()))
                token = random.Next(vocabulary);
        }
        else
        {
            random.NextBytes(pixels);
        }
        return pixels;
    }

    /// <summary>A hidden state of normally distributed numbers that every element type holds exactly.</summary>
    private static byte[] Drawn(ActivationShape shape)
    {
        Random random = new(shape.Width);
        byte[] bytes = new byte[shape.Bytes];
        for (int i = 0; i < bytes.Length / shape.ElementType.Bytes(); i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            // Seven bits of fraction, as bfloat16 has, in steps that half precision has as well.
            int bits = BitConverter.SingleToInt32Bits((float)(normal + Math.CopySign(0.01, normal)));
            float value = BitConverter.Int32BitsToSingle(bits & ~0xFFFF);
            switch (shape.ElementType)
            {
                case ActivationType.Float16:
                    MemoryMarshal.Cast<byte, Half>(bytes.AsSpan())[i] = (Half)value;
                    break;
                case ActivationType.BFloat16:
                    MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan())[i] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
                    break;
                default:
                    MemoryMarshal.Cast<byte, float>(bytes.AsSpan())[i] = value;
                    break;
            }
        }
        return bytes;
    }

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Instance = new();

        public void Dispose()
        {
        }
    }
}

/// <summary>A device computes a known image wrong.</summary>
public sealed class WrongVectorException(string message) : Exception(message);

using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Fuzz.Targets;

/// <summary>Image files of one format, from the bytes to the pixels that a segment takes.</summary>
internal sealed class ImageTarget(string name, Corpus corpus, Func<Random, byte[], byte[]> mutate, params string[] endings) : FuzzTarget
{
    private const int Side = 32;
    private const int MaxSeedBytes = 24_000;
    private const int MaxPixels = 1 << 20;

    private static readonly PreprocessProfile Profile = new() { Mode = ResizeMode.Squash, Size = InputSize.Square(Side) };

    private readonly ImagePreprocessor _reader = new(new() { MaxPixels = MaxPixels });
    private readonly byte[] _pixels = new byte[Profile.Size.PixelBytes];

    public override string Name => name;

    public override bool IsNative => true;

    public override long UsualBytes => 4L * MaxPixels;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. ((string[])["image-campaign", "preprocess", "images-in-the-wild"]).SelectMany(
            folder => corpus.ReadAll(folder, MaxSeedBytes, endings)),
    ];

    public override byte[] Mutate(Random random, byte[] seed) => mutate(random, seed);

    /// <summary>The header is looked at first, as before a decode, and what it says is too much is refused there.</summary>
    public override Depth Read(byte[] input)
    {
        try
        {
            _ = _reader.Measure(input, Profile);
        }
        catch (ImageException exception)
        {
            return exception.Fault == ImageFault.TooLarge ? Depth.Beyond : Depth.Header;
        }
        try
        {
            _reader.Process(input, Profile, _pixels);
        }
        catch (ImageException)
        {
            // Refused behind its header.
        }
        return Depth.Beyond;
    }
}

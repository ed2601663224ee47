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
    private readonly ImagePreprocessor _headers = new(new() { MaxPixels = 0 });
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

    public override Depth Read(byte[] input)
    {
        try
        {
            _reader.Process(input, Profile, _pixels);
            return Depth.Beyond;
        }
        catch (ImageException)
        {
            return DepthOf(input);
        }
    }

    /// <summary>Sizes are looked at once the header is understood: where nothing is allowed, what comes so far is too large.</summary>
    private Depth DepthOf(byte[] input)
    {
        try
        {
            _headers.Process(input, Profile, _pixels);
            return Depth.Beyond;
        }
        catch (ImageException exception)
        {
            return exception.Fault == ImageFault.TooLarge ? Depth.Beyond : Depth.Header;
        }
    }
}

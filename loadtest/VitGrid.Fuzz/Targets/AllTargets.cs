using VitGrid.Fuzz.Mutations;

namespace VitGrid.Fuzz.Targets;

/// <summary>Every reader of what comes from outside.</summary>
internal static class AllTargets
{
    /// <summary>Makes them.</summary>
    /// <param name="corpus">Inputs to begin with.</param>
    /// <param name="folder">A folder for files that readers open by name.</param>
    public static IReadOnlyList<FuzzTarget> Create(Corpus corpus, string folder) =>
    [
        new ImageTarget("png", corpus, PngMutation.Change, ".png"),
        new ImageTarget("jpeg", corpus, Behind(20), ".jpg", ".jpeg"),
        new ImageTarget("gif", corpus, Behind(13), ".gif"),
        new ImageTarget("bmp", corpus, Behind(14), ".bmp"),
        new ImageTarget("tiff", corpus, Behind(8), ".tif", ".tiff"),
        new ImageTarget("webp", corpus, RiffMutation.Change, ".webp"),
        new JsonBodyTarget(),
        new ComparisonTarget(),
        new FormTarget(),
        new FeatureBodyTarget(),
        new InferTarget(),
        new RpcTarget(),
        new SafetensorsTarget(corpus, folder),
        new ConfigTarget(corpus, folder),
        new FrameTarget(corpus),
        new GatewayTarget(),
        new CacheValueTarget(),
        new HashTarget(corpus),
        new TokenizerJsonTarget(corpus),
        new PiecesTarget(corpus),
        new TextTarget(corpus),
        new TarTarget(),
    ];

    /// <summary>Mostly changes what stands behind a format's first bytes, which hold no checksum.</summary>
    private static Func<Random, byte[], byte[]> Behind(int header) => (random, file) =>
        ByteMutation.Change(random, file, random.Next(5) == 0 ? 0 : Math.Min(header, file.Length - 1));
}

using VitGrid.Client;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Failures;

/// <summary>The images of the load and the vectors that one process, alone and undisturbed, gives for them.</summary>
/// <param name="pairs">Each image with its vector.</param>
internal sealed class Truth(IReadOnlyList<(byte[] Image, float[] Vector)> pairs)
{
    private const int Generated = 17;
    private const int Side = 64;

    /// <summary>How many images there are.</summary>
    public int Count => pairs.Count;

    /// <summary>Asks a process of its own, with the same segments, for one image after the other.</summary>
    /// <exception cref="InvalidOperationException">The folder holds no image.</exception>
    public static Task<Truth> LearnAsync(FailureOptions options, CancellationToken cancellationToken) =>
        LearnAsync(options.Server, options.Images, Grid.ModelArguments, cancellationToken);

    /// <summary>The same of any model.</summary>
    /// <param name="assembly">Path of vitgrid.dll.</param>
    /// <param name="images">Folder of images.</param>
    /// <param name="model">The arguments that name the model.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="InvalidOperationException">The folder holds no image.</exception>
    public static async Task<Truth> LearnAsync(
        string assembly, string images, string[] model, CancellationToken cancellationToken)
    {
        using ServerProcess server = await ServerProcess.StartReadyAsync(assembly, [.. model, "--devices", "cpu:0"], cancellationToken);
        using HttpClient http = new() { BaseAddress = server.Address };
        VitGridClient client = new(http);
        List<(byte[], float[])> pairs = [];
        foreach (byte[] image in Images(images))
            pairs.Add((image, await EmbedAsync(client, image, cancellationToken)));
        return new(pairs);
    }

    /// <summary>The image of request <paramref name="index"/>: they take turns.</summary>
    public ReadOnlyMemory<byte> Image(int index) => pairs[index % Count].Image;

    /// <summary>Whether request <paramref name="index"/> got its vector, bit for bit.</summary>
    public bool Holds(int index, ReadOnlySpan<float> vector) => vector.SequenceEqual(pairs[index % Count].Vector);

    private static IEnumerable<byte[]> Images(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal)];
        return files.Length == 0
            ? throw new InvalidOperationException($"{folder} holds no .png file to send")
            : files.Select(File.ReadAllBytes).Concat(Enumerable.Range(0, Generated).Select(seed => NoiseImage.Bmp(seed, Side)));
    }

    private static async Task<float[]> EmbedAsync(VitGridClient client, byte[] image, CancellationToken cancellationToken) =>
        (await client.EmbedAsync([image], new EmbeddingsRequest { Cache = "bypass" }, cancellationToken))[0];
}

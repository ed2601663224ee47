using VitGrid.Client;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Failures;

/// <summary>The pictures of the load and the vectors that one process, alone and undisturbed, gives for them.</summary>
/// <param name="pairs">Each picture with its vector.</param>
internal sealed class Truth(IReadOnlyList<(byte[] Picture, float[] Vector)> pairs)
{
    private const int Generated = 17;
    private const int Side = 64;

    /// <summary>How many pictures there are.</summary>
    public int Count => pairs.Count;

    /// <summary>Asks a process of its own, with the same segments, for one picture after the other.</summary>
    /// <exception cref="InvalidOperationException">The folder holds no picture.</exception>
    public static async Task<Truth> LearnAsync(FailureOptions options, CancellationToken cancellation)
    {
        using ServerProcess server = await ServerProcess.StartReadyAsync(options.Server, [.. Grid.ModelArguments, "--devices", "cpu:0"], cancellation);
        using HttpClient http = new() { BaseAddress = server.Address };
        VitGridClient client = new(http);
        List<(byte[], float[])> pairs = [];
        foreach (byte[] picture in Pictures(options.Pictures))
            pairs.Add((picture, await EmbedAsync(client, picture, cancellation)));
        return new(pairs);
    }

    /// <summary>The picture of request <paramref name="index"/>: they take turns.</summary>
    public ReadOnlyMemory<byte> Picture(int index) => pairs[index % Count].Picture;

    /// <summary>Whether request <paramref name="index"/> got its vector, bit for bit.</summary>
    public bool Holds(int index, ReadOnlySpan<float> vector) => vector.SequenceEqual(pairs[index % Count].Vector);

    private static IEnumerable<byte[]> Pictures(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal)];
        return files.Length == 0
            ? throw new InvalidOperationException($"{folder} holds no .png file to send")
            : files.Select(File.ReadAllBytes).Concat(Enumerable.Range(0, Generated).Select(seed => NoisePicture.Bmp(seed, Side)));
    }

    private static async Task<float[]> EmbedAsync(VitGridClient client, byte[] picture, CancellationToken cancellation) =>
        (await client.EmbedAsync([picture], new EmbeddingsRequest { Cache = "bypass" }, cancellation))[0];
}

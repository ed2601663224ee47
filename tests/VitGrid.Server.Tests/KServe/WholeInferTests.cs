using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using VitGrid.Engine.Requests;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Tests.Api;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.KServe;

/// <summary>Planes through the real grid and the bundled model, held against the image that they were made of.</summary>
public sealed class WholeInferTests(WholeWayTests.Server server) : IClassFixture<WholeWayTests.Server>
{
    /// <summary>Normalising in the graph and before it rounds otherwise; vectors are of length one.</summary>
    private const float MaxError = 2e-6f;

    private static readonly string[] Names = ["boat", "house", "tree"];

    [Fact]
    public async Task Normalised_pixels_have_the_vector_of_their_image_and_the_same_bits_alone_in_a_batch_and_from_the_cache()
    {
        byte[][] planes = [.. Names.Select(Planes)];
        float[][] together = await InferAsync(planes);
        for (int i = 0; i < Names.Length; i++)
        {
            EmbeddingResult image = await server.Embedder.EmbedAsync(new() { Model = "internvit-nano", Image = Image(Names[i]) }, default);
            float[] expected = VectorEncoding.Normalize(image.Vector.Span);
            Assert.InRange(expected.Zip(together[i]).Max(pair => Math.Abs(pair.First - pair.Second)), 0, MaxError);
            Assert.InRange(expected.Zip(together[i]).Sum(pair => (double)pair.First * pair.Second), 0.999999, 1.000001);
            Assert.Equal(together[i], (await InferAsync([planes[i]]))[0]);
            Assert.Equal(together[i], (await InferAsync([planes[i]], cache: "bypass"))[0]);
        }
    }

    [Fact]
    public async Task Hidden_states_of_planes_come_beside_their_vectors()
    {
        TensorAnswer answer = await AnswerAsync([Planes("boat")], "bypass", "last_hidden_state", "embedding");
        TensorAnswer image = await InferCall.OfFiles(Image("boat")).Wanting("last_hidden_state", "binary_data", true)
            .SendAsync(server.Http);
        float[] states = answer.Numbers("last_hidden_state"), expected = image.Numbers("last_hidden_state");
        Assert.Equal(expected.Length, states.Length);
        Assert.InRange(expected.Zip(states).Max(pair => Math.Abs(pair.First - pair.Second)), 0, 1e-3f);
        Assert.Equal((await InferAsync([Planes("boat")]))[0], answer.Numbers("embedding"));
    }

    [Fact]
    public async Task A_number_that_is_no_pixel_is_refused_and_the_next_image_is_answered()
    {
        byte[] wrong = Planes("boat");
        MemoryMarshal.Cast<byte, float>(wrong.AsSpan())[7] = float.NaN;
        TensorAnswer refused = await AnswerAsync([wrong], "use");
        refused.IsRefusal(400, "NaN");
        Assert.Single(await InferAsync([Planes("tree")]));
    }

    private async Task<float[][]> InferAsync(byte[][] planes, string cache = "use")
    {
        float[] all = (await AnswerAsync(planes, cache)).Numbers("embedding");
        return [.. all.Chunk(all.Length / planes.Length)];
    }

    private Task<TensorAnswer> AnswerAsync(byte[][] planes, string cache, params string[] outputs)
    {
        InferCall call = InferCall.OfInput(new()
        {
            ["name"] = "pixel_values",
            ["datatype"] = "FP32",
            ["shape"] = new JsonArray(planes.Length, 3, 112, 112),
            ["parameters"] = new JsonObject { ["binary_data_size"] = planes.Sum(image => image.Length) },
        }).With("binary_data_output", true).With("cache", cache);
        foreach (byte[] image in planes)
            call.Binary.AddRange(image);
        foreach (string output in outputs)
            call.Wanting(output);
        return call.SendAsync(server.Http);
    }

    /// <summary>What the reference does: values from 0 to 1, less the mean, by the deviation; a plane a colour.</summary>
    private static byte[] Planes(string name)
    {
        PreprocessProfile profile = new() { Mode = ResizeMode.Crop, Size = Model.Segments.InputSize.Square(112) };
        byte[] pixels = new byte[profile.Size.PixelBytes];
        new ImagePreprocessor(new ImageLimits()).Process(Image(name), profile, pixels);
        float[] planes = new float[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            int colour = i % 3;
            planes[(colour * pixels.Length / 3) + (i / 3)] = ((pixels[i] / 255f) - (float)ImagePreprocessing.ImageNetMean[colour])
                / (float)ImagePreprocessing.ImageNetStandardDeviation[colour];
        }
        return MemoryMarshal.AsBytes(planes.AsSpan()).ToArray();
    }

    private static byte[] Image(string name) => File.ReadAllBytes(Path.Combine(GoldenFiles.Repository, "docs", "images", name + ".png"));
}

using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Execution;

/// <summary>
/// Every tensor of every small checkpoint of the other families against what the published class gives, whole and cut into segments. The
/// folders cover names, configs, image sizes and the places where families differ; most mistakes that could be made there cost far more
/// than
/// the tolerance, and those that cost less have folders in which they do not.
/// </summary>
public sealed class VisionTransformersTests
{
    private const double Tolerance = 2e-5;

    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        foreach (string folder in Directory.EnumerateDirectories(GoldenFiles.PathOf("vits")).Order())
        {
            foreach (string file in Directory.EnumerateFiles(folder, "expected*.safetensors").Order())
                cases.Add(Path.GetFileName(folder), Path.GetFileName(file));
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_tensor_equals_the_reference(string model, string expected) => AssertParity(model, expected, _ => 1);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Two_segments_equal_the_reference(string model, string expected) => AssertParity(model, expected, _ => 2);

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_block_a_segment_equals_the_reference(string model, string expected) => AssertParity(model, expected, depth => depth);

    [Fact]
    public void A_tensor_of_a_name_that_is_not_known_is_an_error()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("vits", "pub-dinov2"));
        CheckpointException refusal = Assert.Throws<CheckpointException>(
            () => ParityRun.Compare(checkpoint, GoldenFiles.PathOf("vits", "pub-clip", "expected.safetensors")));
        Assert.Contains("image_embeds", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("pooler_output", refusal.Message, StringComparison.Ordinal);
    }

    private static void AssertParity(string model, string expected, Func<int, int> segments)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("vits", model));
        IReadOnlyList<TensorParity> tensors = ParityRun.Compare(
            checkpoint, GoldenFiles.PathOf("vits", model, expected), segments(checkpoint.Architecture.Depth));
        Assert.NotEmpty(tensors);
        Assert.All(tensors, tensor =>
        {
            Assert.InRange(tensor.MaxAbsoluteError, 0, Tolerance);
            Assert.InRange(tensor.Cosine, 0.99999999, 1.00000001);
        });
    }
}

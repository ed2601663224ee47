using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Execution;

/// <summary>
/// Every tensor of every small checkpoint with a text tower against what the published class gives, whole and cut into segments. A cosine
/// shows little here: a wrong activation costs 5e-8 of it. Each kind of tensor has the error that double precision leaves room for.
/// </summary>
public sealed class TextTowersTests
{
    public static TheoryData<string> Models =>
        [.. Directory.EnumerateDirectories(GoldenFiles.PathOf("text", "models")).Select(folder => Path.GetFileName(folder)).Order()];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_tensor_equals_the_reference(string model) => AssertParity(model, segments: 1);

    [Theory]
    [MemberData(nameof(Models))]
    public void One_block_a_segment_equals_the_reference(string model) => AssertParity(model, segments: 2);

    [Theory]
    [MemberData(nameof(Models))]
    public void The_images_tower_is_served_beside_it_as_before(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", model));
        Assert.Null(checkpoint.TextFault);
        Assert.NotNull(checkpoint.TextTower);
        Assert.Equal(checkpoint.TakesTexts, ReferenceEquals(checkpoint, checkpoint.TextTower));
        Assert.Equal(model == "clip-text-projection", checkpoint.TakesTexts);
        Assert.DoesNotContain(checkpoint.UnusedTensors, name => !name.EndsWith("position_ids", StringComparison.Ordinal));
        Assert.NotEqual(
            checkpoint.ComputeFingerprint(), checkpoint.TakesTexts ? "" : checkpoint.TextTower.ComputeFingerprint());
    }

    [Theory]
    [InlineData("clip-openai", ScoreFunction.Softmax)]
    [InlineData("openclip-laion", ScoreFunction.Softmax)]
    [InlineData("siglip", ScoreFunction.Sigmoid)]
    [InlineData("openclip-siglip2", ScoreFunction.Sigmoid)]
    public void Logits_become_probabilities_as_the_family_has_it(string model, ScoreFunction function)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", model));
        LogitFacts facts = checkpoint.TextTower!.Logits!;
        Assert.Equal(function, facts.Function);
        Assert.Equal(function == ScoreFunction.Sigmoid, facts.Bias != 0);
        double[] scores = facts.Scores([1_000, 999, -1_000]);
        double[] expected = function == ScoreFunction.Softmax
            ? [1 / (1 + Math.Exp(-1)), Math.Exp(-1) / (1 + Math.Exp(-1)), 0] : [1, 1, 0];
        Assert.All(scores.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
    }

    [Fact]
    public void A_file_without_ids_is_refused_for_a_text_tower_alone()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", "clip-text-projection"));
        CheckpointException refusal = Assert.Throws<CheckpointException>(
            () => ParityRun.Compare(checkpoint, GoldenFiles.PathOf("vits", "pub-clip", "expected.safetensors")));
        Assert.Contains("input_ids", refusal.Message, StringComparison.Ordinal);
    }

    private static void AssertParity(string model, int segments)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("text", "models", model));
        IReadOnlyList<TensorParity> tensors = ParityRun.Compare(
            checkpoint, GoldenFiles.PathOf("text", "models", model, "expected.safetensors"),
            Math.Min(segments, checkpoint.Architecture.Depth));
        Assert.Contains(tensors, tensor => tensor.Name == "text_embeds_normalized");
        Assert.Equal(!checkpoint.TakesTexts, tensors.Any(tensor => tensor.Name == "logits_per_image"));
        Assert.All(tensors, tensor => Assert.True(
            tensor.MaxAbsoluteError <= Tolerance(tensor.Name),
            $"{tensor.Name}: {tensor.MaxAbsoluteError:E2} of {Tolerance(tensor.Name):E0}"));
    }

    private static double Tolerance(string tensor) => tensor switch
    {
        _ when tensor.StartsWith("text_hidden_states", StringComparison.Ordinal) => 3e-6,
        _ when tensor.EndsWith("_normalized", StringComparison.Ordinal) => 4e-6,
        _ when tensor.StartsWith("logits", StringComparison.Ordinal) => 7e-5,
        _ => 2e-5,
    };
}

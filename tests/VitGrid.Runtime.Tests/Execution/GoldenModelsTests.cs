using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Execution;

/// <summary>Every hidden state of every golden model against a float64 reference, whole and cut into segments.</summary>
public sealed class GoldenModelsTests
{
    private const double Tolerance = 2e-5;

    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        foreach (string folder in Directory.EnumerateDirectories(GoldenFiles.PathOf("models")).Order())
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

    [Theory]
    [InlineData("chat-vision-shard-only", "expected-448.safetensors")]
    [InlineData("InternVL3-1B-hf-saved-by-v5-only-processor_config", "expected-448.safetensors")]
    [InlineData("Intern-S1-mini", "expected-448.safetensors")]
    [InlineData("timm-finetuned-224", "expected-224.safetensors")]
    public void A_published_layout_equals_the_reference(string published, string expected)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Published(published));
        IReadOnlyList<TensorParity> tensors = ParityRun.Compare(checkpoint, GoldenFiles.PathOf("published", expected), segments: 2);
        Assert.Equal(checkpoint.Architecture.Depth + 4, tensors.Count);
        Assert.All(tensors, tensor => Assert.InRange(tensor.MaxAbsoluteError, 0, Tolerance));
    }

    [Fact]
    public void The_trained_default_equals_the_reference_relative_to_its_values()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Nano);
        Assert.All(
            ParityRun.Compare(checkpoint, Path.Combine(GoldenFiles.Nano, "expected.safetensors"), segments: 2),
            tensor => Assert.True(tensor.Within(Tolerance), tensor.ToString()));
    }

    [Fact]
    public void Weights_kept_in_bfloat16_give_the_same_numbers_as_widened_ones()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-sharded-bf16"));
        string expected = GoldenFiles.PathOf("models", "tiny-sharded-bf16", "expected.safetensors");
        Assert.All(
            ParityRun.Compare(checkpoint, expected, precision: VitGrid.Model.Segments.Precision.Bf16),
            tensor => Assert.InRange(tensor.MaxAbsoluteError, 0, Tolerance));
    }

    [Fact]
    public void One_value_changed_by_a_thousandth_is_found()
    {
        string changed = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        File.Copy(GoldenFiles.PathOf("models", "tiny-ln", "expected.safetensors"), changed);
        try
        {
            Change(changed, "hidden_states.2", 0.001f);
            using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
            TensorParity wrong = Assert.Single(ParityRun.Compare(checkpoint, changed), tensor => !tensor.Within(Tolerance));
            Assert.Equal("hidden_states.2", wrong.Name);
        }
        finally
        {
            File.Delete(changed);
        }
    }

    [Fact]
    public void A_file_made_by_another_model_is_refused_by_tensor_and_size()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        CheckpointException refusal = Assert.Throws<CheckpointException>(
            () => ParityRun.Compare(checkpoint, GoldenFiles.PathOf("models", "tiny-native", "expected.safetensors")));
        Assert.Contains("made by another model", refusal.Message, StringComparison.Ordinal);
    }

    private static void AssertParity(string model, string expected, Func<int, int> segments)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        IReadOnlyList<TensorParity> tensors = ParityRun.Compare(
            checkpoint, GoldenFiles.PathOf("models", model, expected), segments(checkpoint.Architecture.Depth));
        Assert.Equal(checkpoint.Architecture.Depth + 4, tensors.Count);
        Assert.All(tensors, tensor =>
        {
            Assert.InRange(tensor.MaxAbsoluteError, 0, Tolerance);
            Assert.InRange(tensor.Cosine, 0.99999999, 1.00000001);
        });
    }

    private static void Change(string file, string tensor, float by)
    {
        long offset;
        using (SafetensorsFile opened = SafetensorsFile.Open(file))
            offset = opened.Tensors[tensor].Offset;
        using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = offset;
        byte[] bytes = new byte[4];
        stream.ReadExactly(bytes);
        stream.Position = offset;
        stream.Write(BitConverter.GetBytes(BitConverter.ToSingle(bytes) + by));
    }
}

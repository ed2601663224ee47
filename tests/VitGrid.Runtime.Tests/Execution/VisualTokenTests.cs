using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Model.Vit;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Execution;

/// <summary>Tokens for a language model: golden ones of chat models under three sets of names, and the shuffle row by row.</summary>
public sealed class VisualTokenTests
{
    [Theory]
    [InlineData("internvl-remote", 1)]
    [InlineData("internvl-remote", 2)]
    [InlineData("internvl-hf", 1)]
    [InlineData("internvl-hf", 2)]
    [InlineData("internvl-hf-model-prefix", 1)]
    public void Every_tensor_of_a_chat_model_is_the_golden_one(string model, int segments)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("chat", model));
        Assert.Null(checkpoint.ProjectorFault);
        IReadOnlyList<TensorParity> compared = ParityRun.Compare(
            checkpoint, GoldenFiles.PathOf("chat", model, "expected.safetensors"), segments);
        Assert.Contains(compared, tensor => tensor.Name == "visual_tokens");
        Assert.All(compared, tensor =>
        {
            Assert.InRange(tensor.MaxAbsoluteError, 0, 2e-5);
            Assert.InRange(tensor.Cosine, 0.999999, 1.000001);
        });
    }

    [Theory]
    [InlineData(true, "v1")]
    [InlineData(false, "v2")]
    public void Both_versions_of_the_shuffle_and_the_layers_behind_it_are_the_golden_ones(bool byColumns, string version)
    {
        string folder = GoldenFiles.PathOf("chat", "tiny-projector");
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        VisualProjector projector = new()
        {
            Norm = new(Whole("mlp1.0.weight"), Whole("mlp1.0.bias")),
            First = new(Whole("mlp1.1.weight"), Whole("mlp1.1.bias")),
            Second = new(Whole("mlp1.3.weight"), Whole("mlp1.3.bias")),
            Layer = 1,
            Side = 2,
            ByColumns = byColumns,
        };
        (float[] shuffled, float[] projected) = Run(folder, projector, 8, 8, 24, expected.ReadFloats("last_hidden_state"));
        Assert.Equal(expected.ReadFloats($"shuffled_{version}"), shuffled);
        TensorParity parity = TensorParity.Compare("projected", [2, 16, 40], projected, expected.ReadFloats($"projected_{version}"));
        Assert.InRange(parity.MaxAbsoluteError, 0, 2e-5);

        WeightSlice Whole(string name) => WeightSlice.Whole(weights.Tensors[name]);
    }

    [Fact]
    public void A_token_holds_a_square_of_patches_rows_first_channels_inside()
    {
        // Patch (r, c) of a grid of 4 x 6 holds 10 r + c in every channel, and a thousandth more in each; before them a class token.
        float[] rows = [.. Patch(-1, 0), .. from r in Enumerable.Range(0, 4)
                                            from c in Enumerable.Range(0, 6)
                                            from n in Patch(r, c)
                                            select n];
        (float[] squares, _) = Run("", null, 4, 6, 3, rows);
        float[][] expected =
        [
            [.. Patch(0, 0), .. Patch(0, 1), .. Patch(1, 0), .. Patch(1, 1)],
            [.. Patch(0, 2), .. Patch(0, 3), .. Patch(1, 2), .. Patch(1, 3)],
            [.. Patch(0, 4), .. Patch(0, 5), .. Patch(1, 4), .. Patch(1, 5)],
            [.. Patch(2, 0), .. Patch(2, 1), .. Patch(3, 0), .. Patch(3, 1)],
            [.. Patch(2, 2), .. Patch(2, 3), .. Patch(3, 2), .. Patch(3, 3)],
            [.. Patch(2, 4), .. Patch(2, 5), .. Patch(3, 4), .. Patch(3, 5)],
        ];
        Assert.Equal(expected, squares.Chunk(12));

        static float[] Patch(int row, int column) =>
            [.. Enumerable.Range(0, 3).Select(channel => (10 * row) + column + (0.001f * channel))];
    }

    [Fact]
    public void A_projector_that_does_not_fit_its_encoder_is_told_and_fails_no_encoder()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (string file in Directory.GetFiles(GoldenFiles.PathOf("chat", "internvl-remote")))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            string config = Path.Combine(folder.FullName, "config.json");
            File.WriteAllText(config, File.ReadAllText(config).Replace("\"downsample_ratio\": 0.5", "\"downsample_ratio\": 0.25"));
            using Checkpoint checkpoint = Checkpoint.Open(folder.FullName);
            Assert.Null(checkpoint.Projector);
            Assert.Contains("mlp1.0.weight", checkpoint.ProjectorFault, StringComparison.Ordinal);
            Assert.Contains("384", checkpoint.ProjectorFault, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The shuffled rows, and the tokens where there is a projector.</summary>
    private static (float[] Shuffled, float[] Projected) Run(
        string folder, VisualProjector? projector, int rows, int columns, int width, float[] tokens)
    {
        EncoderArchitecture architecture = new()
        {
            Width = width,
            Depth = 1,
            Heads = 1,
            MlpWidth = width,
            PatchSize = 1,
            ImageSize = rows,
            Norm = NormKind.LayerNorm,
            NormEpsilon = 1e-6f,
            QueryKeyNorm = false,
            QueryKeyNormEpsilon = 1e-6f,
            Interpolation = PositionInterpolation.Original,
        };
        GraphWriter graph = new(folder);
        Value input = graph.Input("rows", ElementType.Float, -1, width);
        VisualTokenLayer layer = new(graph, architecture, projector ?? Nothing, new(rows, columns));
        if (projector is null)
            graph.Output(layer.Shuffle(input), ElementType.Float, -1, 4 * width);
        else
        {
            layer.Emit(input);
            graph.Output(new("visual/squares"), ElementType.Float, -1, 4 * width);
        }
        using SessionOptions options = new();
        if (folder.Length > 0)
            options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        using InferenceSession session = new(graph.ToModel([]), options);
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(tokens, [tokens.Length / width, width]);
        string[] outputs = projector is null ? ["visual/squares"] : ["visual/squares", SegmentNames.VisualTokens];
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, ["rows"], [value], outputs);
        float[] shuffled = results[0].GetTensorDataAsSpan<float>().ToArray();
        return (shuffled, results.Count > 1 ? results[1].GetTensorDataAsSpan<float>().ToArray() : []);
    }

    private static VisualProjector Nothing
    {
        get
        {
            WeightSlice none = new(new("none", TensorType.F32, [1], "none", 0, 4), 0, 4, [1]);
            return new()
            {
                Norm = new(none, none),
                First = new(none, none),
                Second = new(none, none),
                Layer = 1,
                Side = 2,
                ByColumns = false,
            };
        }
    }
}

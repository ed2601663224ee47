using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Graph;
using VitGrid.Model.Graph.Onnx;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Parity;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Precisions;

/// <summary>
/// The graphs that a GPU runs in 16 bits, on a CPU. ONNX Runtime's CPU provider has no bfloat16 arithmetic and keeps fp16 graphs in
/// single precision between operators, so every operator's result is rounded explicitly (<see cref="RoundedArithmetic"/>).
/// </summary>
public sealed class SixteenBitGraphTests
{
    private static readonly string[] Golden =
        ["tiny-ln", "tiny-rms-qknorm", "tiny-timm", "tiny-native", "tiny-sharded-bf16", "tiny-fp16", "tiny-posinterp"];

    public static TheoryData<string, ActivationType, double> Cases
    {
        get
        {
            TheoryData<string, ActivationType, double> cases = [];
            foreach (string model in Golden)
            {
                cases.Add(model, ActivationType.BFloat16, 0.9995);
                cases.Add(model, ActivationType.Float16, 0.9999);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_hidden_state_and_vector_keeps_its_direction(string model, ActivationType type, double cosine)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        ElementType narrow = ElementTypes.From(type);
        SegmentModel graph = Build(checkpoint, type);

        List<TensorParity> tensors = Compare(checkpoint, graph, RoundedArithmetic.From(graph.Onnx, narrow));

        Assert.All(tensors, tensor => Assert.InRange(tensor.Cosine, cosine, 1.0000001));
        // Arithmetic that was not rounded would be a thousand times nearer.
        Assert.True(tensors.Max(tensor => tensor.MaxAbsoluteError) > 1e-4);
    }

    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-rms-qknorm")]
    [InlineData("tiny-sharded-bf16")]
    [InlineData("tiny-fp16")]
    public void The_graph_in_half_precision_is_one_that_ONNX_Runtime_runs_as_it_is(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        SegmentModel graph = Build(checkpoint, ActivationType.Float16);
        Assert.All(Compare(checkpoint, graph, graph.Onnx), tensor => Assert.InRange(tensor.Cosine, 0.9999, 1.0000001));
    }

    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-rms-qknorm")]
    public void The_graph_in_bfloat16_is_the_one_in_half_precision_with_the_other_type(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        ModelProto brain = ModelProto.Parser.ParseFrom(Build(checkpoint, ActivationType.BFloat16).Onnx);
        ModelProto half = ModelProto.Parser.ParseFrom(Build(checkpoint, ActivationType.Float16).Onnx);

        foreach (NodeProto cast in brain.Graph.Node.Where(
            node => node.OpType == "Cast" && node.Attribute[0].I == (long)ElementType.BFloat16))
            cast.Attribute[0].I = (long)ElementType.Float16;
        foreach (ValueInfoProto value in brain.Graph.Output.Where(output => output.Type.TensorType.ElemType == (int)ElementType.BFloat16))
            value.Type.TensorType.ElemType = (int)ElementType.Float16;

        Assert.Equal(half.Graph, brain.Graph);
    }

    [Fact]
    public void ONNX_Runtime_finds_the_bfloat16_graph_well_typed_and_lacks_only_kernels()
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-ln"));
        SegmentModel graph = Build(checkpoint, ActivationType.BFloat16);
        using SessionOptions options = Options(graph);
        OnnxRuntimeException refusal = Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(graph.Onnx, options));
        Assert.Contains("Could not find an implementation", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny-sharded-bf16", ActivationType.BFloat16)]
    [InlineData("tiny-fp16", ActivationType.Float16)]
    [InlineData("tiny-ln", ActivationType.Float32)]
    public void Weights_stored_as_they_are_computed_with_are_read_where_they_lie(string model, ActivationType type)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        GraphProto graph = ModelProto.Parser.ParseFrom(Build(checkpoint, type).Onnx).Graph;
        HashSet<string> stored = [
            .. graph.Initializer.Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External).Select(
                tensor => tensor.Name)];
        Assert.NotEmpty(stored);
        Assert.DoesNotContain(graph.Node, node => node.OpType == "Cast" && stored.Contains(node.Input[0]));
    }

    [Theory]
    [InlineData("tiny-ln")]
    [InlineData("tiny-sharded-bf16")]
    public void Weights_stored_as_another_type_are_converted_once_at_load(string model)
    {
        string optimised = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model(model));
        SegmentModel graph = Build(checkpoint, ActivationType.Float16);
        try
        {
            using (SessionOptions options = Options(graph))
            {
                options.OptimizedModelFilePath = optimised;
                new InferenceSession(graph.Onnx, options).Dispose();
            }
            GraphProto loaded = ModelProto.Parser.ParseFrom(File.ReadAllBytes(optimised)).Graph;
            HashSet<string> constants = [.. loaded.Initializer.Select(tensor => tensor.Name)];
            Assert.NotEmpty(constants);
            Assert.DoesNotContain(loaded.Node, node => node.OpType == "Cast" && constants.Contains(
                node.Input[0]) && node.Attribute[0].I == (long)ElementType.Float16);
        }
        finally
        {
            File.Delete(optimised);
        }
    }

    /// <summary>What a captured CUDA graph cannot hold: operators whose inputs or outputs ONNX Runtime keeps on the CPU.</summary>
    [Fact]
    public void No_operator_computes_a_shape()
    {
        string[] allowed =
        [
            "Cast", "Div", "Sub", "Add", "Mul", "Reshape", "Transpose", "Slice", "Concat", "Gemm", "MatMul", "Gelu",
            "LayerNormalization", "SimplifiedLayerNormalization", "MultiHeadAttention",
        ];
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.Model("tiny-rms-qknorm"));
        GraphProto graph = ModelProto.Parser.ParseFrom(Build(checkpoint, ActivationType.BFloat16).Onnx).Graph;
        Assert.Empty(graph.Node.Select(node => node.OpType).Except(allowed));
    }

    private static SegmentModel Build(Checkpoint checkpoint, ActivationType type)
    {
        ImmutableSortedSet<int> layers = SegmentBuilder.AllLayers(checkpoint.Architecture.Depth);
        return SegmentBuilder.Build(checkpoint, new SegmentRequest
        {
            Blocks = new(0, checkpoint.Architecture.Depth),
            InputSize = InputSize.Square(checkpoint.Architecture.ImageSize),
            Input = SegmentInput.PixelValues,
            Compute = type,
            PooledLayers = layers,
            HiddenStates = layers,
        });
    }

    private static SessionOptions Options(SegmentModel graph)
    {
        SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", graph.WeightFolder);
        return options;
    }

    private static List<TensorParity> Compare(Checkpoint checkpoint, SegmentModel graph, byte[] onnx)
    {
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(checkpoint.Directory, "expected.safetensors"));
        using SessionOptions options = Options(graph);
        using InferenceSession session = new(onnx, options);
        using RunOptions run = new();
        float[] planes = expected.ReadFloats(SegmentNames.PixelValues);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(planes, [.. expected.Tensors[SegmentNames.PixelValues].Shape]);
        string[] names = [.. session.OutputNames];
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [SegmentNames.PixelValues], [input], names);

        List<TensorParity> tensors = [];
        for (int i = 0; i < names.Length; i++)
        {
            if (expected.Tensors.ContainsKey(names[i]))
                tensors.Add(TensorParity.Compare(names[i], [], Floats(outputs[i], graph.Request.Compute), expected.ReadFloats(names[i])));
        }
        float[] pooled = outputs[Array.IndexOf(names, SegmentNames.Pooled(checkpoint.Architecture.Depth))].GetTensorDataAsSpan<float>()
            .ToArray();
        float[][] vectors = [.. pooled.Chunk(checkpoint.Architecture.Width)];
        tensors.Add(TensorParity.Compare(
            "cls", [], [.. vectors.Where((_, i) => i % 2 == 0).SelectMany(v => v)], expected.ReadFloats("cls_embedding")));
        tensors.Add(TensorParity.Compare(
            "mean", [], [.. vectors.Where((_, i) => i % 2 == 1).SelectMany(v => v)], expected.ReadFloats("patch_mean")));
        Assert.Equal(checkpoint.Architecture.Depth + 3, tensors.Count);
        return tensors;
    }

    private static float[] Floats(OrtValue tensor, ActivationType type)
    {
        ReadOnlySpan<byte> bytes = tensor.GetTensorMutableRawData();
        float[] floats = new float[bytes.Length / type.Bytes()];
        FloatWidening.Widen(type.AsStored(), bytes, floats);
        return floats;
    }
}

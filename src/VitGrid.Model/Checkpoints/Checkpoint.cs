namespace VitGrid.Model.Checkpoints;

/// <summary>Whose tensor names a checkpoint uses.</summary>
public enum NamingScheme
{
    /// <summary>OpenGVLab's own: <c>encoder.layers.0.attn.qkv.weight</c>.</summary>
    Original,

    /// <summary>timm: <c>blocks.0.attn.qkv.weight</c>.</summary>
    Timm,

    /// <summary>The class built into transformers: <c>encoder.layer.0.attention.q_proj.weight</c>.</summary>
    Transformers,
}

/// <summary>An InternViT checkpoint on disk: its weights where they lie, its shape, and what it says about pictures.</summary>
public sealed class Checkpoint : IDisposable
{
    private Checkpoint() => throw new NotSupportedException();

    /// <summary>Opens the checkpoint in <paramref name="directory"/>, checking every tensor and the config against each other.</summary>
    /// <exception cref="CheckpointException">Anything is missing, malformed or contradictory.</exception>
    public static Checkpoint Open(string directory) => throw new NotSupportedException(directory);

    /// <summary>Full path of the folder.</summary>
    public string Directory => throw new NotSupportedException();

    /// <summary>Whose names the tensors have.</summary>
    public NamingScheme Naming => throw new NotSupportedException();

    /// <summary>The encoder's shape.</summary>
    public EncoderArchitecture Architecture => throw new NotSupportedException();

    /// <summary>Where every weight lies.</summary>
    public EncoderWeights Weights => throw new NotSupportedException();

    /// <summary>What the checkpoint says about its input pictures.</summary>
    public ImagePreprocessing Preprocessing => throw new NotSupportedException();

    /// <summary>Element type of the encoder's matrices as stored.</summary>
    public TensorType StoredType => throw new NotSupportedException();

    /// <summary>Number of parameters the encoder uses.</summary>
    public long ParameterCount => throw new NotSupportedException();

    /// <summary>Bytes of the weights the encoder uses, as stored.</summary>
    public long WeightBytes => throw new NotSupportedException();

    /// <summary>Names of tensors that the encoder does not use (a chat model's language part, a classifier head), sorted.</summary>
    public IReadOnlyList<string> UnusedTensors => throw new NotSupportedException();

    /// <summary>The elements of <paramref name="slice"/> widened to single precision, row-major.</summary>
    public float[] ReadFloats(WeightSlice slice) => throw new NotSupportedException(slice.ToString());

    /// <summary>
    /// 32 hex digits that change when any weight the encoder uses, or any number of its architecture, changes; independent of
    /// file names, sharding and naming scheme. Reads every weight once.
    /// </summary>
    public string ComputeFingerprint(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}

using System.Collections.Immutable;
using VitGrid.Model.EightBits;
using VitGrid.Model.Graph;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Backends;

/// <summary>How one segment of a checkpoint is to run.</summary>
public sealed record SegmentSettings
{
    /// <summary>The blocks it holds.</summary>
    public required BlockRange Blocks { get; init; }

    /// <summary>Height and width of the input image.</summary>
    public required InputSize InputSize { get; init; }

    /// <summary>
    /// Arithmetic; <see cref="IExecutionBackend.FindArithmetic"/> says what it means on the device. On a CPU: fp32, or bf16 to keep 16-bit
    /// weights as they are stored and widen them at each use. On CUDA: fp32 (without TF32), bf16, or fp16 for models that pass a probe at
    /// load. int8, on a CPU only, quantises the weights once and keeps them in a file.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>The device.</summary>
    public required DeviceSpec Device { get; init; }

    /// <summary>Threads of a device that shares the host, the calling one included. Default: one a core.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Whether each batch size is captured once as a CUDA graph and replayed, which saves the launch of every kernel. Default: yes; without
    /// meaning on other devices.
    /// </summary>
    public bool CudaGraphs { get; init; } = true;

    /// <summary>
    /// Range of the weights in int8. Default: what this processor sums without saturating, or what the environment asks for.
    /// </summary>
    public EightBitForm? EightBits { get; init; }

    /// <summary>Called with the fraction done, 0 to 1, while weights are quantised for the first time.</summary>
    public IProgress<double>? Quantising { get; init; }

    /// <summary>
    /// Where sessions of one process on devices that share the host find weights that another has loaded already; null: each holds its own.
    /// </summary>
    public WeightSharing? Sharing { get; init; }

    /// <summary>What the first segment is fed.</summary>
    public SegmentInput Input { get; init; }

    /// <summary>
    /// Whether of texts only the rows are computed that their vectors depend on, where that can be; see <see cref="TextRows"/>.
    /// </summary>
    public bool ShortTexts { get; init; }

    /// <summary>Whether weights are read where they lie in their files, not copied in the order that products read them in.</summary>
    internal bool Unpacked { get; init; }

    /// <summary>A bit that is other than it should be in a weight; null: none. For injected faults.</summary>
    internal WeightFlip? Flip { get; init; }

    /// <summary>
    /// Whether every hidden state, the last one also after its norm, and the encoder's further outputs can be read from the result, not
    /// only pooled vectors. Costs memory.
    /// </summary>
    public bool HiddenStates { get; init; }

    /// <summary>
    /// Layers whose hidden states can be read from the result, besides pooled vectors; those of other segments are passed over. Memory for
    /// a batch grows with them.
    /// </summary>
    public ImmutableSortedSet<int> FeatureLayers { get; init; } = [];

    /// <summary>The same for hidden states after the norm that follows the last block; of encoders without one there are none.</summary>
    public ImmutableSortedSet<int> NormedLayers { get; init; } = [];

    /// <summary>Whether the tokens of the checkpoint's projector can be read from the result of the segment that has its layer.</summary>
    public bool VisualTokens { get; init; }

    /// <summary>Whether pooled vectors are all that is read from the result, beside what the next segment takes.</summary>
    internal bool GivesVectorsOnly => !HiddenStates && !VisualTokens && FeatureLayers.IsEmpty && NormedLayers.IsEmpty;
}

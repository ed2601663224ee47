using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Checkpoints.Generation;

/// <summary>Which random weights are written.</summary>
/// <param name="Seed">The same seed gives the same weights.</param>
/// <param name="Type">F32, F16 or BF16.</param>
/// <param name="ShardBytes">Bytes after which a new file begins.</param>
/// <param name="Progress">Called with the fraction of the bytes written, 0 to 1.</param>
internal sealed record RandomWeights(ulong Seed, TensorType Type, long ShardBytes, IProgress<double>? Progress = null)
{
    /// <summary>The text tower beside the image tower; null: there is none.</summary>
    public EncoderArchitecture? Text { get; init; }
}

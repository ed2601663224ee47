namespace VitGrid.Model.Segments;

/// <summary>What runs of an encoder's blocks cost at one precision and batch size.</summary>
/// <param name="Encoder">The encoder's costs for one image.</param>
/// <param name="Precision">Arithmetic, which decides the bytes of a weight.</param>
/// <param name="BatchSize">Images in one batch; at least 1.</param>
/// <param name="Compute">What hidden states are computed in, which decides the bytes of an activation.</param>
public sealed record StageCosts(EncoderCosts Encoder, Precision Precision, int BatchSize, ActivationType Compute)
{
    private readonly long _bytesPerWeight = Precision switch { Precision.Fp32 => 4, Precision.Int8 => 1, _ => 2 };

    /// <summary>The whole encoder.</summary>
    public BlockRange Whole => new(0, Encoder.Depth);

    /// <summary>Bytes of one block's weights.</summary>
    public long BlockBytes => Encoder.BlockParameters * _bytesPerWeight;

    /// <summary>Bytes a device needs for the activations of one batch.</summary>
    public long ActivationBytes => Encoder.ActivationElements * BatchSize * Compute.Bytes();

    /// <summary>FLOP of <paramref name="blocks"/> for one image; a run that starts at 0 embeds the patches too.</summary>
    public double Flops(BlockRange blocks) => (blocks.Count * Encoder.BlockFlops) + (blocks.First == 0 ? Encoder.EmbeddingFlops : 0);

    /// <summary>Bytes of the weights of <paramref name="blocks"/>; the first run has the embedding stage, the last one the head.</summary>
    public long WeightBytes(BlockRange blocks) => (blocks.Count * BlockBytes) + (blocks.First == 0 ? EmbeddingBytes : 0)
        + (blocks.End == Encoder.Depth ? HeadBytes : 0);

    /// <summary>
    /// Most blocks that <paramref name="memoryBytes"/> hold beside one batch's activations, with or without the embedding stage. Which
    /// device has the last ones is not known yet, so room is left for the head, which is small beside a block.
    /// </summary>
    public int MaxBlocks(long? memoryBytes, bool embedding)
    {
        if (memoryBytes is not { } bound)
            return Encoder.Depth;
        long room = bound - ActivationBytes - HeadBytes - (embedding ? EmbeddingBytes : 0);
        return room < 0 ? 0 : (int)Math.Min(Encoder.Depth, BlockBytes == 0 ? Encoder.Depth : room / BlockBytes);
    }

    /// <summary>What stands before and behind the blocks stays in single precision where they are in 8 bits.</summary>
    private long BytesPerOuterWeight => Precision == Precision.Int8 ? sizeof(float) : _bytesPerWeight;

    private long EmbeddingBytes => Encoder.EmbeddingParameters * BytesPerOuterWeight;

    private long HeadBytes => Encoder.HeadParameters * BytesPerOuterWeight;
}

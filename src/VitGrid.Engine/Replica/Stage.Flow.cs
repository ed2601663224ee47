namespace VitGrid.Engine.Replica;

/// <summary>What came into a stage since it was loaded: pixels into the first of a replica, hidden states into the others.</summary>
/// <param name="Batches">Batches.</param>
/// <param name="Images">Images in them.</param>
/// <param name="Bytes">Bytes of them, as they lie in memory and go over a wire.</param>
public readonly record struct StageFlow(long Batches, long Images, long Bytes)
{
    /// <summary>Adds up.</summary>
    public static StageFlow operator +(StageFlow left, StageFlow right) =>
        new(left.Batches + right.Batches, left.Images + right.Images, left.Bytes + right.Bytes);

    /// <summary>The same as the operator.</summary>
    public static StageFlow Add(StageFlow left, StageFlow right) => left + right;
}

/// <summary>What comes in is counted as it is taken from the inbox, by the loop alone.</summary>
public sealed partial class Stage
{
    private long _batchesIn, _imagesIn, _bytesIn;

    /// <summary>What came in so far, whatever became of it.</summary>
    public StageFlow Flow => Others.Aggregate(
        new StageFlow(Volatile.Read(ref _batchesIn), Volatile.Read(ref _imagesIn), Volatile.Read(ref _bytesIn)),
        (sum, stage) => sum + stage.Flow);

    private void Count(StageInput input)
    {
        Volatile.Write(ref _batchesIn, _batchesIn + 1);
        Volatile.Write(ref _imagesIn, _imagesIn + input.Ticket.Layers.Length);
        Volatile.Write(ref _bytesIn, _bytesIn + (input.Hidden?.Shape.Bytes ?? input.Pixels!.Sum(image => (long)image.Memory.Length)));
    }
}

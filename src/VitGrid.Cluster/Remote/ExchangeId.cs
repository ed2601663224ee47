using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Names one image between the process that sent it and the head that answers: 128 random bits, so that nobody answers what it was not
/// asked. In headers it stands as two numbers of 64 bits: builds before it know the lower one alone.
/// </summary>
/// <param name="Low">The lower half, which such builds send back.</param>
/// <param name="High">The upper half; 0 from such builds.</param>
internal readonly record struct ExchangeId(long Low, long High)
{
    /// <summary>One that nobody can guess.</summary>
    public static ExchangeId Create()
    {
        Span<long> halves = stackalloc long[2];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(halves));
        // Nothing but the absence of an upper half is 0.
        return new(halves[0], halves[1] | 1);
    }

    public override string ToString() => $"{High:x16}{Low:x16}";
}

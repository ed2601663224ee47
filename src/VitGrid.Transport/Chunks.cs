namespace VitGrid.Transport;

/// <summary>
/// How much of a body is hashed and handed to the system at once, and whether the thread lets others run after each piece. A body of some
/// megabytes is over soon, and every piece costs a call and perhaps a wake-up at the other end; one that takes long gives way.
/// </summary>
/// <param name="Bytes">Bytes of a piece, at most what a core's second-level cache holds.</param>
/// <param name="Yields">Whether others come in between.</param>
internal readonly record struct Chunks(int Bytes, bool Yields)
{
    private const int LongBody = 8 << 20;

    /// <summary>The pieces of a body of that length.</summary>
    public static Chunks For(int body) => body > LongBody ? new(256 << 10, true) : new(1 << 20, false);
}

namespace VitGrid.Fuzz;

/// <summary>How far an input came.</summary>
internal enum Depth
{
    /// <summary>It was refused before anything in it was read but its beginning.</summary>
    Header,

    /// <summary>Its header was understood, whatever became of the rest.</summary>
    Beyond,
}

/// <summary>A reader as production calls it, inputs it accepts, and how they are changed.</summary>
internal abstract class FuzzTarget
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes that one input may take at most while nothing is wrong; ten times it is a find.</summary>
    public abstract long UsualBytes { get; }

    /// <summary>Whether native code takes memory for it.</summary>
    public virtual bool IsNative => false;

    /// <summary>Inputs to begin with, in the same order on every machine.</summary>
    public abstract IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>A changed input; checksums that would hide the change are made anew.</summary>
    public abstract byte[] Mutate(Random random, byte[] seed);

    /// <summary>Gives an input to the reader; what the reader refuses in its own words is no failure.</summary>
    /// <exception cref="Exception">Anything that comes out is a find.</exception>
    public abstract Depth Read(byte[] input);
}

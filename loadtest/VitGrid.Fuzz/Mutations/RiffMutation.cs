using System.Buffers.Binary;

namespace VitGrid.Fuzz.Mutations;

/// <summary>Changes a WebP behind its first chunk's header; the length of the whole is right afterwards.</summary>
internal static class RiffMutation
{
    private const int LengthAt = 4;
    private const int FirstChunk = 20;

    /// <summary>A changed copy.</summary>
    public static byte[] Change(Random random, byte[] file)
    {
        byte[] changed = ByteMutation.Change(random, file, random.Next(4) == 0 ? LengthAt + 8 : Math.Min(FirstChunk + 10, file.Length - 1));
        if (changed.Length > LengthAt + 4)
            BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(LengthAt), changed.Length - 8);
        return changed;
    }
}

using System.Text;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Tests.Archives;

/// <summary>Six kilobytes once took three gigabytes: room is made for what a header of metadata claims.</summary>
public sealed class TarHeaderGuardTests
{
    [Theory]
    [InlineData('L', true)]
    [InlineData('K', true)]
    [InlineData('x', true)]
    [InlineData('g', true)]
    [InlineData('L', false)]
    [InlineData('x', false)]
    public void A_header_of_metadata_that_claims_gigabytes_is_a_fault_and_no_room_is_made(char type, bool isSumRight)
    {
        byte[] header = Header(type, "30000000000");
        // The library reads on where the sum is wrong.
        header[0] += (byte)(isSumRight ? 0 : 1);
        using MemoryStream archive = new([.. header, .. new byte[2048]]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        TarMember member = Assert.Single(TarMembers.Read(archive));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Contains("claims 3,221,225,472 bytes, the limit is 1,048,576", member.Fault, StringComparison.Ordinal);
    }

    private static byte[] Header(char type, string size)
    {
        byte[] block = new byte[512];
        Encoding.ASCII.GetBytes("././@LongLink").CopyTo(block, 0);
        string fields = "0000644\0" + "0000000\0" + "0000000\0" + $"{size}\0" + "00000000000\0" + "        " + type;
        Encoding.ASCII.GetBytes(fields).CopyTo(block, 100);
        Encoding.ASCII.GetBytes("ustar\0" + "00").CopyTo(block, 257);
        Encoding.ASCII.GetBytes($"{Convert.ToString(block.Sum(value => value), 8).PadLeft(6, '0')}\0 ").CopyTo(block, 148);
        return block;
    }
}

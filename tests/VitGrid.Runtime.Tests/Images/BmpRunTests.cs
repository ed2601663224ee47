using System.Buffers.Binary;
using FsCheck.Xunit;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>Run lengths, as Pillow 12.3 unpacks them; many more cases stand in the reference campaign.</summary>
public sealed class BmpRunTests
{
    private const int Runs8 = 1;
    private const int Runs4 = 2;

    [Fact]
    public void A_run_repeats_an_index_and_an_escape_of_three_or_more_holds_single_ones() =>
        Assert.Equal("0000 1213".Replace(" ", ""), Indices(4, 2, Runs8, [0, 3, 1, 2, 1, 0, 1, 3, 0, 0, 4, 0, 0, 0, 0, 1]));

    [Fact]
    public void A_run_of_4_bits_takes_its_two_indices_in_turn() =>
        Assert.Equal("12121", Indices(5, 1, Runs4, [5, 0x12, 0, 1]));

    [Fact]
    public void The_end_of_a_row_and_a_jump_leave_index_0_behind() =>
        Assert.Equal("002" + "300" + "100", Indices(3, 3, Runs8, [1, 1, 0, 0, 1, 3, 0, 2, 1, 1, 1, 2, 0, 1]));

    [Fact]
    public void What_passes_the_end_of_a_row_is_dropped() =>
        Assert.Equal("11" + "22", Indices(2, 2, Runs8, [9, 2, 5, 3, 0, 0, 2, 1, 0, 1]));

    [Fact]
    public void Of_an_odd_number_of_single_4_bit_pixels_the_reference_leaves_out_the_last() =>
        Assert.Equal("1200", Indices(4, 1, Runs4, [0, 3, 0x12, 0x30, 0, 0, 0, 1]));

    [Theory]
    [InlineData(new byte[] { 0, 1 }), InlineData(new byte[] { 3, 1, 0, 1 }), InlineData(new byte[] { 3 }), InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 9, 1 }), InlineData(new byte[] { 0, 2, 1 })]
    public void Runs_that_end_before_the_last_pixel_are_damaged(byte[] runs) =>
        Assert.Equal(ImageFault.DecodeFailed, Assert.Throws<ImageException>(() => Indices(2, 2, Runs8, runs)).Fault);

    [Property(MaxTest = 500)]
    public void Any_runs_give_an_image_or_a_refusal(byte[] runs, bool four, byte width, byte height)
    {
        Exception? exception = Record.Exception(() => Indices(1 + (width % 9), 1 + (height % 5), four ? Runs4 : Runs8, runs));
        Assert.True(exception is null or ImageException, $"{exception}");
    }

    /// <summary>The pixels' indices, row by row from the top, of which the palette makes red.</summary>
    private static string Indices(int width, int height, int compression, byte[] runs)
    {
        byte[] palette = [.. Enumerable.Range(0, 256).SelectMany(index => (byte[])[0, 1, (byte)index, 0])];
        byte[] header = new byte[54];
        "BM"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(10), 54 + palette.Length);
        (header[14], header[18], header[22], header[26]) = (40, (byte)width, (byte)height, 1);
        (header[28], header[30]) = ((byte)(compression == Runs4 ? 4 : 8), (byte)compression);
        header[47] = 1;
        using Raster raster = ImageDecoder.Decode([.. header, .. palette, .. runs], GoldenImages.Crop, new ImageLimits());
        return string.Concat(raster.Pixels.ToArray().Chunk(3).Select(colour => $"{colour[0]:x}"));
    }
}

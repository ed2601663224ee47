using System.Runtime.InteropServices;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Requests;

namespace VitGrid.Engine.Tests.FrontEnd;

/// <summary>Images that come as normalised planes.</summary>
public sealed class ImagePlanesTests
{
    [Fact]
    public void Single_precision_is_copied_and_half_precision_widened_exactly()
    {
        float[] numbers = [-2.117f, 0, 1.5f, 2.64f];
        Half[] halves = [(Half)(-2.117f), (Half)0, (Half)1.5f, (Half)2.64f];
        Assert.Equal(numbers, Copied(MemoryMarshal.AsBytes(numbers.AsSpan()), ImageForm.SinglePlanes));
        Assert.Equal(
            halves.Select(half => (float)half), Copied(MemoryMarshal.AsBytes(halves.AsSpan()), ImageForm.HalfPlanes));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(-1_001f)]
    [InlineData(3e38f)]
    public void What_is_no_normalised_pixel_is_refused_before_a_device_sees_it(float wrong)
    {
        byte[] planes = MemoryMarshal.AsBytes((ReadOnlySpan<float>)[0, wrong, 1]).ToArray();
        GridException refused = Assert.Throws<GridException>(
            () => ImagePlanes.Copy(planes, ImageForm.SinglePlanes, new byte[planes.Length]));
        Assert.Equal(GridFault.InvalidRequest, refused.Fault);
        Assert.Contains("normalised pixels lie between -1000 and 1000", refused.Message, StringComparison.Ordinal);
    }

    private static float[] Copied(ReadOnlySpan<byte> planes, ImageForm form)
    {
        float[] copied = new float[4];
        ImagePlanes.Copy(planes, form, MemoryMarshal.AsBytes(copied.AsSpan()));
        return copied;
    }
}

using VitGrid.Model.Segments;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Parity;

namespace VitGrid.Runtime.Tests.Parity;

public sealed class ParityLimitTests
{
    [Theory]
    [InlineData(Precision.Fp32, "cpu:0", "the tolerance of 2e-5")]
    [InlineData(Precision.Bf16, "cpu:0", "the tolerance of 2e-5")]
    [InlineData(Precision.Fp32, "cuda:0", "the tolerance of 2e-5")]
    [InlineData(Precision.Bf16, "cuda:0", "the least cosine of 0.9995")]
    [InlineData(Precision.Fp16, "cuda:0", "the least cosine of 0.9999")]
    [InlineData(Precision.Int8, "cpu:0", "the least cosine of 0.9995")]
    public void Each_precision_has_its_limit(Precision precision, string device, string limit) =>
        Assert.Equal(limit, Limit(precision, device).ToString());

    [Fact]
    public void Eight_bits_have_none_on_a_GPU() => Assert.Null(DeviceList.Parse("cuda:0")[0].Backend.FindArithmetic(Precision.Int8));

    [Fact]
    public void A_direction_may_be_kept_by_numbers_that_are_off_and_lost_by_one_that_is_not_a_number()
    {
        ParityLimit direction = Limit(Precision.Bf16, "cuda:0"), error = Limit(Precision.Fp32, "cuda:0");
        TensorParity scaled = TensorParity.Compare("t", [2], [1.01f, 2.02f], [1, 2]), missing = TensorParity.Compare(
            "t", [2], [float.NaN, 2], [1, 2]);
        TensorParity turned = TensorParity.Compare("t", [2], [1, 2.2f], [1, 2]);

        Assert.True(direction.Passes(scaled));
        Assert.False(error.Passes(scaled));
        Assert.False(direction.Passes(turned));
        Assert.False(direction.Passes(missing));
        Assert.False(error.Passes(missing));
    }

    private static ParityLimit Limit(Precision precision, string device) =>
        DeviceList.Parse(device)[0].Backend.FindArithmetic(precision)!.Limit;
}

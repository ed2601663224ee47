using VitGrid.Model.EightBits;
using VitGrid.Runtime.Devices;

namespace VitGrid.Runtime.Tests.Devices;

public sealed class EightBitKernelTests
{
    [Theory]
    [InlineData(null, true, EightBitForm.Vnni)]
    [InlineData(null, false, EightBitForm.PairSafe)]
    [InlineData("", false, EightBitForm.PairSafe)]
    [InlineData("pairsafe", true, EightBitForm.PairSafe)]
    [InlineData("vnni", true, EightBitForm.Vnni)]
    public void The_processor_decides_and_a_safer_form_can_be_asked_for(string? wanted, bool vnni, EightBitForm form) =>
        Assert.Equal(form, EightBitKernel.Choose(wanted, vnni));

    [Theory]
    [InlineData("vnni", "has no VNNI")]
    [InlineData("8bit", "it takes vnni or pairsafe")]
    public void A_form_that_saturates_here_or_that_nobody_knows_is_refused(string wanted, string reason)
    {
        NotSupportedException refusal = Assert.Throws<NotSupportedException>(() => EightBitKernel.Choose(wanted, vnni: false));
        Assert.Contains("VITGRID_INT8_FORM", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}

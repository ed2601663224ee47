namespace VitGrid.Model.EightBits;

/// <summary>How far 8-bit weights may go. Which form is right depends on how the processor sums the products of bytes.</summary>
public enum EightBitForm
{
    /// <summary>−127…127, for processors with VNNI: four products are summed in 32 bits.</summary>
    Vnni,

    /// <summary>
    /// For processors without: two products are summed in 16 bits, which saturate without a sign of it from 32,768 on. Of four
    /// neighbours no two of one sign add up to more than 128, so that a sum is 255 · 128 = 32,640 at most.
    /// </summary>
    PairSafe,
}

/// <summary>Names of <see cref="EightBitForm"/>.</summary>
public static class EightBitForms
{
    /// <summary><c>vnni</c> or <c>pairsafe</c>.</summary>
    public static string Name(this EightBitForm form) => form == EightBitForm.Vnni ? "vnni" : "pairsafe";
}

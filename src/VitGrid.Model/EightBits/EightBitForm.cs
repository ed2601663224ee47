namespace VitGrid.Model.EightBits;

/// <summary>The range of 8-bit weights. Which one is safe depends on how the processor sums the products of bytes.</summary>
public enum EightBitForm
{
    /// <summary>−127…127, for processors with VNNI: four products are summed in 32 bits.</summary>
    Vnni,

    /// <summary>
    /// −63…63, for processors without: two products are summed in 16 bits, which saturate without a sign of it from 32,768 on.
    /// 2 · 255 · 63 = 32,130 cannot.
    /// </summary>
    SevenBit,
}

/// <summary>Ranges and names of <see cref="EightBitForm"/>.</summary>
public static class EightBitForms
{
    /// <summary>Largest magnitude of a weight.</summary>
    public static int Limit(this EightBitForm form) => form == EightBitForm.Vnni ? 127 : 63;

    /// <summary><c>vnni</c> or <c>7bit</c>.</summary>
    public static string Name(this EightBitForm form) => form == EightBitForm.Vnni ? "vnni" : "7bit";
}

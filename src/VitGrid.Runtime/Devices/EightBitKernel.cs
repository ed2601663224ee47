using VitGrid.Model.EightBits;

namespace VitGrid.Runtime.Devices;

/// <summary>
/// The form of 8-bit weights that this process runs: what the processor sums without saturating, or a safer one where that is asked for.
/// </summary>
public static class EightBitKernel
{
    /// <summary>
    /// The environment variable that chooses: <c>pairsafe</c> on a machine with VNNI, so that all workers of a mixed cluster compute the
    /// same; or
    /// <c>vnni</c>, which is refused without VNNI. Default: by the processor.
    /// </summary>
    public const string Variable = "VITGRID_INT8_FORM";

    /// <summary>The form of this process.</summary>
    /// <exception cref="NotSupportedException">The variable names no form, or one that this processor cannot run.</exception>
    public static EightBitForm Form => Choose(Environment.GetEnvironmentVariable(Variable), HostMachine.HasVnni);

    /// <summary>Why there is no <see cref="Form"/>; null where there is one.</summary>
    public static string? Fault
    {
        get
        {
            try
            {
                _ = Form;
                return null;
            }
            catch (NotSupportedException exception)
            {
                return exception.Message;
            }
        }
    }

    /// <summary>
    /// How many times as many images per second int8 computes as fp32 does, on this processor: 2.6 with VNNI, measured with the 300M shape
    /// at 448 (<c>loadtest/results/2026-11-24-int8.md</c>); 1.4 without, as the same products took in a prototype on AVX2.
    /// </summary>
    public static double Gain => HostMachine.HasVnni ? 2.6 : 1.4;

    /// <summary>What runs here and why, for people: <c>int8 runs as vnni (8-bit weights)</c>.</summary>
    public static string Describe() => Fault ?? (Form == EightBitForm.Vnni
        ? "int8 runs as vnni: 8-bit weights, summed in 32 bits"
        : "int8 runs as pairsafe: 8-bit weights whose sums in 16 bits cannot saturate");

    internal static EightBitForm Choose(string? wanted, bool vnni) => wanted switch
    {
        null or "" => vnni ? EightBitForm.Vnni : EightBitForm.PairSafe,
        "pairsafe" => EightBitForm.PairSafe,
        "vnni" => vnni
            ? EightBitForm.Vnni
            : throw new NotSupportedException(
                $"{Variable} is vnni, but this processor has no VNNI and would saturate without a sign; set it to pairsafe, or not at all"),
        _ => throw new NotSupportedException($"{Variable} is '{wanted}'; it takes vnni or pairsafe (default: what the processor has)"),
    };
}

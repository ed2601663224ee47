using System.Globalization;
using System.Runtime.InteropServices;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Devices;
using VitGrid.Runtime.Execution;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Looks at the machine.</summary>
internal static class MachineChecks
{
    private const long EnoughMemory = 1L << 30;

    public static Finding System() => new(
        "system", Health.Good, $"{RuntimeInformation.OSDescription} ({RuntimeInformation.RuntimeIdentifier}), "
            + $"{RuntimeInformation.FrameworkDescription}");

    public static Finding Processor()
    {
        string sets = string.Join(' ', HostMachine.InstructionSets);
        string fact = $"{HostMachine.Processor}, {Environment.ProcessorCount} cores, {(sets.Length > 0 ? sets : "no vector instructions "
            + "known here")}";
        return RuntimeInformation.ProcessArchitecture != Architecture.X64 || sets.Contains("AVX2", StringComparison.Ordinal)
            ? new("processor", Health.Good, fact)
            : new("processor", Health.Optional, fact,
                "without AVX2 everything runs, several times slower; use a processor of 2013 or later");
    }

    /// <summary>The form that precision int8 takes here.</summary>
    public static Finding EightBits() => EightBitKernel.Fault is { } fault
        ? new("int8", Health.Optional, fault, "precision int8 is refused until then; the others run")
        : new("int8", Health.Good, EightBitKernel.Describe());

    public static Finding Memory()
    {
        string fact = $"{Amounts.Bytes(HostMachine.MemoryBytes)} for this process";
        return HostMachine.MemoryBytes >= EnoughMemory
            ? new("memory", Health.Good, fact)
            : new("memory", Health.Optional, fact, "enough for internvit-nano; the 300M model needs 2 GiB: raise the container's limit");
    }

    /// <summary>Every card of every kind, or what keeps a kind's from being used.</summary>
    public static IEnumerable<Finding> Cards(DeviceInventory inventory) => inventory.Cards.SelectMany(kind => Cards(kind.Key, kind.Value));

    private static IEnumerable<Finding> Cards(IExecutionBackend backend, DeviceSurvey survey)
    {
        if (survey is { Devices.Count: 0, Fault: { } absence })
            return [new(backend.Kind, Health.Optional, absence.Fact, absence.Remedy)];
        return survey.Devices.Select(card => survey.Fault is { } fault
            ? new Finding(card.Spec.Name, Health.Optional, $"{Describe(card)}; not usable: {fault.Fact}", fault.Remedy)
            : new Finding(card.Spec.Name, Health.Good, Describe(card)));
    }

    private static string Describe(DeviceFacts card) => string.Create(CultureInfo.InvariantCulture,
        $"{card.Model}, {(card.ComputeCapability is { } capability ? $"compute capability {capability}, " : "")}"
            + $"{Amounts.Bytes(card.FreeBytes)} of {Amounts.Bytes(card.MemoryBytes)} free, {card.Threads} {card.Units}, "
            + $"on paper {card.SixteenBitSpeed / 1e12:0} TFLOP/s in 16 bits, {card.Speed / 1e12:0} in fp32");
}

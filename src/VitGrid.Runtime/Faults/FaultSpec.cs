using System.Globalization;

namespace VitGrid.Runtime.Faults;

/// <summary>What an injected fault does to a device.</summary>
public enum FaultKind
{
    /// <summary>Runs fail; how many is <c>runs=</c>, one where nothing is said.</summary>
    Throw,

    /// <summary>A run fails as with a CUDA context that is lost, and every later one of the device does.</summary>
    ContextLost,

    /// <summary>The same, and what frees the segment then never ends, as a driver's clean-up.</summary>
    Stuck,

    /// <summary>Some rows of a batch hold NaN.</summary>
    NotANumber,

    /// <summary>Runs take <c>times=</c> as long.</summary>
    Slow,

    /// <summary>A run does not end.</summary>
    Hang,

    /// <summary>An image gets the vector of another.</summary>
    Swap,

    /// <summary>A bit of a weight is turned, from then on.</summary>
    Weight,

    /// <summary>A bit of a result is turned.</summary>
    Activation,

    /// <summary>The same in a part of the runs, another bit each time.</summary>
    Transient,

    /// <summary>Batches of <c>size=</c> images and more find no memory.</summary>
    Memory,

    /// <summary>
    /// Runs take <c>batch=</c> and, for each image, <c>image=</c> milliseconds without the processor; after the first batch of each size
    /// nothing is computed.
    /// </summary>
    Timed,
}

/// <summary>
/// A fault to inject, written <c>DEVICE KIND [name=value]…</c>: <c>cpu:1 throw after=100</c>, <c>cpu:0 weight seed=7 when=FILE</c>.
/// </summary>
public sealed record FaultSpec
{
    private static readonly Dictionary<string, FaultKind> Kinds = new(StringComparer.Ordinal)
    {
        ["throw"] = FaultKind.Throw,
        ["context"] = FaultKind.ContextLost,
        ["stuck"] = FaultKind.Stuck,
        ["nan"] = FaultKind.NotANumber,
        ["slow"] = FaultKind.Slow,
        ["hang"] = FaultKind.Hang,
        ["swap"] = FaultKind.Swap,
        ["weight"] = FaultKind.Weight,
        ["activation"] = FaultKind.Activation,
        ["transient"] = FaultKind.Transient,
        ["memory"] = FaultKind.Memory,
        ["timed"] = FaultKind.Timed,
    };

    private static readonly string Form =
        $"DEVICE KIND [name=value]…, KIND one of {string.Join(", ", Kinds.Keys)}, names after (runs), at (seconds), when (a file that must "
            + "exist), runs, times, part, size, seed, bit, batch (milliseconds), image (milliseconds)";

    /// <summary>The device's name.</summary>
    public required string Device { get; init; }

    /// <summary>What happens.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>It begins after so many runs of the device's segments.</summary>
    public int After { get; init; }

    /// <summary>It begins so many seconds after the device's first segment was loaded.</summary>
    public double AtSeconds { get; init; }

    /// <summary>It begins when this file exists; null: without one. For whoever wants to say when.</summary>
    public string? When { get; init; }

    /// <summary>It lasts for so many runs; for ever where nothing is said, but once for <see cref="FaultKind.Throw"/>.</summary>
    public int Runs { get; init; } = int.MaxValue;

    /// <summary>How many times as long a run takes.</summary>
    public double Times { get; init; } = 10;

    /// <summary>The part of the rows that it changes, or of the runs.</summary>
    public double Part { get; init; } = 0.25;

    /// <summary>Images of the smallest batch without memory.</summary>
    public int Size { get; init; } = 2;

    /// <summary>Milliseconds that a timed batch takes however many images it has.</summary>
    public double BatchMilliseconds { get; init; }

    /// <summary>Milliseconds that it takes for each of them.</summary>
    public double ImageMilliseconds { get; init; }

    /// <summary>Draws rows, weights and bits.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The bit to turn, 0 to 31; null: drawn.</summary>
    public int? Bit { get; init; }

    /// <summary>Whether <paramref name="text"/> can be read.</summary>
    public static bool IsSpec(string text) => TryParse(text) is not null;

    /// <summary>Reads a fault.</summary>
    /// <exception cref="FormatException">It is malformed; the message quotes it and shows the form.</exception>
    public static FaultSpec Parse(string text) =>
        TryParse(text) ?? throw new FormatException($"fault '{text}' is not of the form {Form}");

    private static FaultSpec? TryParse(string text)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !Kinds.TryGetValue(parts[1], out FaultKind kind))
            return null;
        FaultSpec? spec = new() { Device = parts[0], Kind = kind, Runs = kind == FaultKind.Throw ? 1 : int.MaxValue };
        foreach (string part in parts.Skip(2))
            spec = part.Split('=', 2) is [var name, var value] ? spec?.With(name, value) : null;
        return spec;
    }

    private FaultSpec? With(string name, string value)
    {
        if (name == "when")
            return this with { When = value };
        if (name == "runs" && value == "all")
            return this with { Runs = int.MaxValue };
        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            || number > int.MaxValue)
            return null;
        return name switch
        {
            "after" => this with { After = (int)number },
            "at" => this with { AtSeconds = number },
            "runs" => this with { Runs = (int)number },
            "times" => this with { Times = number },
            "part" => this with { Part = number },
            "size" => this with { Size = (int)number },
            "seed" => this with { Seed = (int)number },
            "batch" => this with { BatchMilliseconds = number },
            "image" => this with { ImageMilliseconds = number },
            "bit" when number < 32 => this with { Bit = (int)number },
            _ => null,
        };
    }
}

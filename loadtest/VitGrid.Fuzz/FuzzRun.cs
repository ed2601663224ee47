using System.Diagnostics;
using System.Globalization;

namespace VitGrid.Fuzz;

/// <summary>How long and how.</summary>
/// <param name="Tries">Inputs of each target.</param>
/// <param name="Seed">Equal seeds give equal inputs.</param>
/// <param name="Limit">Time for all targets together; null: none.</param>
/// <param name="Folder">Where finds are written.</param>
internal sealed record FuzzOptions(long Tries, int Seed, TimeSpan? Limit, string Folder)
{
    /// <summary>Whether the process does nothing else, so that native memory can be seen too.</summary>
    public bool IsAlone { get; init; }
}

/// <summary>An input that a reader did not refuse in its own words, or that took too much.</summary>
/// <param name="Target">The reader.</param>
/// <param name="Try">Number of the input; with the seed it gives the input again.</param>
/// <param name="What">What came of it.</param>
/// <param name="File">Where its bytes are.</param>
internal sealed record Find(string Target, long Try, string What, string File);

/// <summary>What a target has seen.</summary>
/// <param name="Target">The reader.</param>
/// <param name="Tries">Inputs it was given.</param>
/// <param name="Beyond">Those that came past the header.</param>
/// <param name="Took">How long that took.</param>
/// <param name="Crashes">Inputs that were not refused in the reader's own words.</param>
/// <param name="Growths">Inputs that took more than ten times the usual bytes.</param>
internal sealed record FuzzResult(
    string Target, long Tries, long Beyond, TimeSpan Took, IReadOnlyList<Find> Crashes, IReadOnlyList<Find> Growths)
{
    /// <summary>Part of the inputs that came past the header, 0–1.</summary>
    public double BeyondPart => Tries == 0 ? 0 : (double)Beyond / Tries;
}

/// <summary>Gives changed inputs to readers, one after the other, on one thread.</summary>
internal sealed class FuzzRun(FuzzOptions options)
{
    private const int MaxFinds = 20;
    private const int Growth = 10;
    private const string LastFile = "last-input";

    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <summary>Runs a target until its tries or its part of the time are over.</summary>
    /// <param name="target">The target.</param>
    /// <param name="part">The part of the whole time after which it stops, 0–1.</param>
    public FuzzResult Run(FuzzTarget target, double part)
    {
        Directory.CreateDirectory(options.Folder);
        using LastInput last = new(Path.Combine(options.Folder, LastFile));
        List<Find> crashes = [], growths = [];
        (long tries, long beyond, long began) = (0, 0, Stopwatch.GetTimestamp());
        for (; tries < options.Tries && !IsOver(part); tries++)
        {
            byte[] input = InputOf(target, tries);
            // A fault in native code ends the process: what it was given stands in a file then.
            last.Write(target.Name, tries);
            (Depth depth, string? crash, long bytes) = Try(target, input);
            if (depth == Depth.Beyond)
                beyond++;
            if (crash is not null)
                Keep(crashes, target, tries, crash, input);
            else if (bytes > Growth * target.UsualBytes)
                Keep(growths, target, tries, string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes for {input.Length:N0}"), input);
        }
        return new(target.Name, tries, beyond, Stopwatch.GetElapsedTime(began), crashes, growths);
    }

    /// <summary>The input of a try: the same on every machine.</summary>
    public byte[] InputOf(FuzzTarget target, long number)
    {
        Random random = new(unchecked((options.Seed * 1_000_003) + (int)number + (int)(number >> 32)));
        IReadOnlyList<byte[]> seeds = target.Seeds;
        return target.Mutate(random, seeds[random.Next(seeds.Count)]);
    }

    private (Depth Depth, string? Crash, long Bytes) Try(FuzzTarget target, byte[] input)
    {
        bool isNative = options.IsAlone && target.IsNative;
        long process = isNative ? PeakMemory.Begin() : 0, before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Depth depth = target.Read(input);
            long managed = GC.GetAllocatedBytesForCurrentThread() - before;
            return (depth, null, isNative ? Math.Max(managed, PeakMemory.Bytes() - process) : managed);
        }
        catch (Exception exception)
        {
            return (Depth.Beyond, $"{exception.GetType().FullName}: {exception.Message}{Environment.NewLine}{exception.StackTrace}", 0);
        }
    }

    private bool IsOver(double part) => options.Limit is { } limit && Stopwatch.GetElapsedTime(_begun) > part * limit;

    private void Keep(List<Find> finds, FuzzTarget target, long number, string what, byte[] input)
    {
        // One fault gives thousands of finds: each place is kept once.
        string place = string.Join('\n', what.Split('\n').Skip(1).Take(3));
        if (finds.Count >= MaxFinds || (place.Length > 0 && finds.Any(find => find.What.Contains(place, StringComparison.Ordinal))))
            return;
        string file = Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"{target.Name}-{number}"));
        File.WriteAllBytes(file, input);
        finds.Add(new(target.Name, number, what, file));
    }
}

/// <summary>The number of the input at work, in a file that outlives the process.</summary>
internal sealed class LastInput(string path) : IDisposable
{
    private const int Bytes = 64;

    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <summary>Notes an input, before it is given to its reader.</summary>
    public void Write(string target, long number)
    {
        _file.Position = 0;
        _file.Write(System.Text.Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{target} {number}").PadRight(Bytes - 1) + "\n"));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}

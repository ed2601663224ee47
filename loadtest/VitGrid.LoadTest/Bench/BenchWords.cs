using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Requests;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Bench;

/// <summary>Options in words, for reports.</summary>
internal static class BenchWords
{
    /// <summary>How requests come.</summary>
    public static string Load(BenchOptions options)
    {
        string process = options.Process == ArrivalProcess.Poisson ? "Poisson arrivals" : "a fixed rate";
        string what = options switch
        {
            { Goal: { } goal } => Text($"Open loop, {process}, searching the highest rate with {goal}"),
            { Rates.Count: 0 } => Text($"Closed loop of {options.Connections} connections"),
            _ => $"Open loop, {process}",
        };
        return Text($"{what}; steps of {options.Duration.TotalSeconds:0.#} s after {options.WarmUp.TotalSeconds:0.#} s of warm-up; seed "
            + $"{options.Seed}");
    }

    /// <summary>What requests ask.</summary>
    public static string Requests(BenchOptions options)
    {
        RequestShape shape = options.Shape;
        string form = shape.Form switch
        {
            RequestForm.Json => "JSON with base64",
            RequestForm.Raw => "raw bodies",
            _ => "multipart forms",
        };
        string images = options.Folder ?? string.Join(", ", options.Mix);
        IEnumerable<string> rest =
        [
            .. shape.Lanes.Select(lane => Text($"{lane.Lane}={lane.Weight:0.###}")),
            .. shape.TimeoutMs is { } timeout ? [Text($"timeout {timeout} ms")] : Array.Empty<string>(),
            .. shape.Cache is { } cache ? [$"cache {cache}"] : Array.Empty<string>(),
        ];
        return string.Join("; ", [Text($"{form}, {shape.Images} images each, {Repeated(shape)}, of {images}"), .. rest]);
    }

    private static string Repeated(RequestShape shape) =>
        shape.WorkingSet is { } size ? Text($"a working set of {size}") : Text($"{shape.Duplicates:P0} repeated");
}

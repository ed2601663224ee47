using System.Diagnostics;

namespace VitGrid.Runtime.Faults;

/// <summary>The injected faults of one device: which of them are on now. Driven by the device's thread, read by others.</summary>
/// <param name="device">The device's name.</param>
/// <param name="specs">Its faults.</param>
internal sealed class DeviceFaults(string device, IEnumerable<FaultSpec> specs)
{
    private readonly Entry[] _entries = [.. specs.Where(spec => spec.Device == device).Select(spec => new Entry(spec))];
    private readonly long _began = Stopwatch.GetTimestamp();
    private int _runs;

    /// <summary>Whether the device has any.</summary>
    public bool Any => _entries.Length > 0;

    /// <summary>Called as a run begins: the faults that it is to have.</summary>
    public IReadOnlyList<FaultSpec> Begin()
    {
        _runs++;
        List<FaultSpec> on = [];
        foreach (Entry entry in _entries)
        {
            if (entry.Left <= 0 || !IsOn(entry.Spec))
                continue;
            entry.Left--;
            on.Add(entry.Spec);
        }
        return on;
    }

    private bool IsOn(FaultSpec spec) => _runs > spec.After
        && Stopwatch.GetElapsedTime(_began).TotalSeconds >= spec.AtSeconds
        && (spec.When is null || File.Exists(spec.When));

    private sealed class Entry(FaultSpec spec)
    {
        public FaultSpec Spec => spec;

        public int Left { get; set; } = spec.Runs;
    }
}

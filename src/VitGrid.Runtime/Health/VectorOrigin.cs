namespace VitGrid.Runtime.Health;

/// <summary>Where and when a vector was computed, so that it can be found when a device turns out to have computed wrong.</summary>
/// <param name="Devices">
/// The devices of the replica's stages, first to last, as <c>PROCESS/DEVICE</c>, comma-separated: <c>worker-1/cpu:0,worker-2/cuda:1</c>.
/// One string a replica: its vectors share it.
/// </param>
/// <param name="ComputedAt">When the batch ended, by the clock of the process that has the replica's head.</param>
public sealed record VectorOrigin(string Devices, DateTimeOffset ComputedAt)
{
    private const char Separator = ',';

    /// <summary>The name of a device across processes.</summary>
    public static string NameOf(string process, string device) => $"{process}/{device}";

    /// <summary>Makes <see cref="Devices"/> of the names of a replica's devices; one that holds several stages is named once.</summary>
    public static string Join(IEnumerable<string> devices) => string.Join(Separator, devices.Distinct());

    /// <summary>Whether the vector passed <paramref name="device"/>, named as <see cref="NameOf"/> does.</summary>
    public bool Passed(string device)
    {
        foreach (Range part in Devices.AsSpan().Split(Separator))
        {
            if (Devices.AsSpan(part).SequenceEqual(device))
                return true;
        }
        return false;
    }
}

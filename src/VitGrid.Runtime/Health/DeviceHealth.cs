using System.Collections.Immutable;

namespace VitGrid.Runtime.Health;

/// <summary>
/// How the devices of this process do: readers take a snapshot and never wait; whoever finds something tells it. Thread-safe.
/// </summary>
/// <param name="time">Clock; its wall time marks illnesses and probes.</param>
public sealed class DeviceHealth(TimeProvider time)
{
    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<string, DeviceStatus> _devices =
        ImmutableSortedDictionary.Create<string, DeviceStatus>(StringComparer.Ordinal);

    /// <summary>
    /// Raised after a device's <see cref="DeviceStatus.State"/> or <see cref="DeviceStatus.Illness"/> changed, on the thread that found it
    /// and outside of locks. Handlers must not wait. A probe that passed raises nothing.
    /// </summary>
    public event Action<DeviceChange>? Changed;

    /// <summary>All devices, by name.</summary>
    public ImmutableArray<DeviceStatus> All => [.. Snapshot.Values];

    private ImmutableSortedDictionary<string, DeviceStatus> Snapshot => Volatile.Read(ref _devices);

    /// <summary>How one device does; one that nobody told of is healthy.</summary>
    public DeviceStatus Find(string device) => Snapshot.GetValueOrDefault(device) ?? new(device, DeviceState.Healthy);

    /// <summary>Lists a device as healthy, unless it is listed.</summary>
    public void Add(string device) => Update(device, status => status);

    /// <summary>Tells that a device is sick. A worse state replaces a better one; the same or a better one changes nothing.</summary>
    /// <param name="device">Its name in this process.</param>
    /// <param name="state">Any but <see cref="DeviceState.Healthy"/>.</param>
    /// <param name="kind">How it was found.</param>
    /// <param name="reason">What was found, for people.</param>
    /// <param name="model">The model whose segment showed it; null where none alone did.</param>
    /// <returns>Whether that was news.</returns>
    public bool Report(string device, DeviceState state, IllnessKind kind, string reason, string? model = null)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)state, (int)DeviceState.Healthy, nameof(state));
        return Update(device, status => state <= status.State ? status : status with
        {
            State = state,
            Illness = new(kind, reason, time.GetUtcNow(), status.LastGoodProbe, model),
        });
    }

    /// <summary>Tells that a device is well again; one that is lost stays so.</summary>
    /// <returns>Whether that was news.</returns>
    public bool Recover(string device) => Update(
        device,
        status => status.State == DeviceState.Lost ? status : status with { State = DeviceState.Healthy, Illness = null, Share = 1 });

    /// <summary>Tells that every probe of a device passed in a round that began at <paramref name="began"/>.</summary>
    public void PassedProbes(string device, DateTimeOffset began) => Update(device, status => status with { LastGoodProbe = began });

    /// <summary>Tells a slow device's present rate as a part, above 0 and at most 1, of what it was.</summary>
    public void SetShare(string device, double share) => Update(device, status => status with { Share = share });

    private bool Update(string device, Func<DeviceStatus, DeviceStatus> change)
    {
        DeviceStatus before, after;
        lock (_gate)
        {
            before = Find(device);
            after = change(before);
            Volatile.Write(ref _devices, _devices.SetItem(device, after));
        }
        if (before.State == after.State && before.Illness == after.Illness)
            return false;
        Changed?.Invoke(new(before, after));
        return true;
    }
}

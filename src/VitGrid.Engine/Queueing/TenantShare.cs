using VitGrid.Engine.Options;

namespace VitGrid.Engine.Queueing;

/// <summary>What one tenant holds of a lane, and among how many.</summary>
/// <param name="Own">What it holds of the lane.</param>
/// <param name="Tenants">Tenants of the lane, this one included: at least 1.</param>
internal readonly record struct TenantShare(Held Own, int Tenants);

/// <summary>
/// Whom a full queue refuses first: not a tenant that holds no more than its equal part of the lane. A tenant alone may fill the lane.
/// Beside others, one within its part finds an eighth more than a full queue holds, so it is accepted whoever has filled it. Pure.
/// </summary>
internal static class FairShare
{
    /// <summary>Whether an image fits beside what waits in <paramref name="all"/> lanes and in its own.</summary>
    public static bool Fits(QueueBound bound, TenantShare share, Held all, Held lane, long bytes) =>
        (share.Tenants > 1 && IsWithin(bound, share, share, bytes) ? bound.WithReserve : bound).Fits(all, lane, bytes);

    /// <summary>
    /// The same at the door, where a tenant that holds more than its part leaves half of the lane to the others.
    /// </summary>
    /// <param name="bound">The queue's.</param>
    /// <param name="images">The tenant's share of the lane's images.</param>
    /// <param name="held">Its share of the lane's bytes, those of other models included.</param>
    /// <param name="all">What waits in both lanes.</param>
    /// <param name="lane">What waits in the image's.</param>
    /// <param name="bytes">The image's.</param>
    public static bool FitsAtDoor(QueueBound bound, TenantShare images, TenantShare held, Held all, Held lane, long bytes)
    {
        if (images.Tenants == 1 && held.Tenants == 1)
            return bound.Fits(all, lane, bytes);
        return IsWithin(bound, images, held, bytes)
            ? bound.WithReserve.Fits(all, lane, bytes)
            : bound.Fits(all, lane, bytes) && lane.Images < bound.LaneImages / 2 && lane.Bytes + bytes <= bound.LaneBytes / 2;
    }

    private static bool IsWithin(QueueBound bound, TenantShare images, TenantShare held, long bytes) =>
        images.Own.Images < Math.Max(1, bound.LaneImages / images.Tenants)
        && (held.Own.Images == 0 || held.Own.Bytes + bytes <= bound.LaneBytes / held.Tenants);
}

/// <summary>What each tenant holds of one bounded thing. Not thread-safe.</summary>
internal sealed class TenantShares
{
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);

    /// <summary>What all hold.</summary>
    public Held All { get; private set; }

    /// <summary>What <paramref name="tenant"/> holds, among those that hold anything and itself.</summary>
    public TenantShare Of(string tenant) =>
        _held.TryGetValue(tenant, out Held own) ? new(own, _held.Count) : new(default, _held.Count + 1);

    /// <summary>Counts an image.</summary>
    public void Add(string tenant, long bytes) => Set(tenant, 1, bytes);

    /// <summary>Takes it back.</summary>
    public void Remove(string tenant, long bytes) => Set(tenant, -1, -bytes);

    private void Set(string tenant, int images, long bytes)
    {
        Held own = _held.GetValueOrDefault(tenant);
        own = new(own.Images + images, own.Bytes + bytes);
        if (own.Images == 0)
            _held.Remove(tenant);
        else
            _held[tenant] = own;
        All = new(All.Images + images, All.Bytes + bytes);
    }
}

using VitGrid.Engine.Caching;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Contracts;

/// <summary>A device that is not healthy, as its worker tells the planner, and the planner everybody.</summary>
/// <param name="Device">Its name in that process, e.g. <c>cuda:0</c>.</param>
/// <param name="State">How it is; a number of <see cref="DeviceState"/>, of a build to come perhaps one that is not known here.</param>
/// <param name="Kind">How it was found; a number of <see cref="IllnessKind"/>, likewise.</param>
/// <param name="Reason">What was found, for people.</param>
/// <param name="Since">When, in milliseconds since 1970 by its process's clock.</param>
/// <param name="LastGood">When the last probe began that passed before; 0: none has.</param>
/// <param name="DoubtsAnswers">Whether what it answered in between may be wrong.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.sick-device")]
internal sealed record SickDevice(
    [property: Id(0)] string Device, [property: Id(1)] int State, [property: Id(2)] int Kind, [property: Id(3)] string Reason,
    [property: Id(4)] long Since, [property: Id(5)] long LastGood, [property: Id(6)] bool DoubtsAnswers)
{
    /// <summary>Its present rate as a part of what it was, in tenths: a plan is not made anew for less.</summary>
    [Id(7)]
    public int Tenths { get; init; } = 10;

    /// <summary>Whether nothing may be planned on it.</summary>
    public bool IsOut => State >= (int)DeviceState.Out;

    /// <summary>Whether it never comes back in its process.</summary>
    public bool IsLost => State >= (int)DeviceState.Lost;

    /// <summary>The state as people and metrics read it.</summary>
    public string StateName => StateNameOf((DeviceState)State);

    /// <summary>When it was found.</summary>
    public DateTimeOffset Found => DateTimeOffset.FromUnixTimeMilliseconds(Since);

    /// <summary>
    /// What is to be held against its vectors; null where they are as right as any, or it is kept although it is doubted, since nothing
    /// else serves its model: its vectors are answered then.
    /// </summary>
    /// <param name="node">Its process.</param>
    public RecallRow? Recall(string node) =>
        DoubtsAnswers && IsOut ? new(VectorOrigin.NameOf(node, Device), LastGood, Since) : null;

    /// <summary>A device as it is told; null while it is healthy.</summary>
    public static SickDevice? From(DeviceStatus status) => status.Illness is not { } illness || status.State == DeviceState.Healthy
        ? null
        : new(status.Device, (int)status.State, (int)illness.Kind, illness.Reason, illness.Since.ToUnixTimeMilliseconds(),
            illness.LastGood?.ToUnixTimeMilliseconds() ?? 0, illness.DoubtsAnswers)
        {
            Tenths = status.State == DeviceState.Slow ? Math.Clamp((int)Math.Ceiling(10 * status.Share), 1, 10) : 10,
        };

    /// <summary>The name of a state, e.g. <c>out</c>.</summary>
    public static string StateNameOf(DeviceState state) => state.ToString().ToLowerInvariant();
}

/// <summary>A <see cref="VectorRecall"/> in the table; times in milliseconds since 1970.</summary>
[GenerateSerializer, Immutable, Alias("vitgrid.recall-row")]
internal sealed record RecallRow([property: Id(0)] string Device, [property: Id(1)] long Since, [property: Id(2)] long Until)
{
    // Clocks may be wrong, and frames forged: what lies outside is brought to the nearest that is a time.
    private static readonly long Least = DateTimeOffset.UnixEpoch.AddDays(1).ToUnixTimeMilliseconds();
    private static readonly long Most = DateTimeOffset.UnixEpoch.AddYears(1_000).ToUnixTimeMilliseconds();

    /// <summary>The recall itself.</summary>
    public VectorRecall ToRecall() => new(Device, TimeOf(Since), TimeOf(Until));

    private static DateTimeOffset TimeOf(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, Least, Most));
}

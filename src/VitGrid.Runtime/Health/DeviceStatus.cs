namespace VitGrid.Runtime.Health;

/// <summary>Whether a device may be given images. Ordered: each is worse than the one before.</summary>
public enum DeviceState
{
    /// <summary>It computes as it should.</summary>
    Healthy,

    /// <summary>
    /// It is given images still: it computes right and slower than it did, and gets fewer (<see cref="DeviceStatus.Share"/>); or its
    /// probe is wrong and nothing else serves the model.
    /// </summary>
    Slow,

    /// <summary>It gets no images until probes have passed.</summary>
    Out,

    /// <summary>It never comes back in this process: its context is lost, or a run on it does not end.</summary>
    Lost,
}

/// <summary>How a device was found to be sick.</summary>
public enum IllnessKind
{
    /// <summary>A run failed, and neither the image nor the size of the batch explains it.</summary>
    Threw,

    /// <summary>The driver said that nothing will ever run again in this process's context.</summary>
    ContextLost,

    /// <summary>It gave NaN or infinity for an image for which it gave numbers when asked again.</summary>
    NotFinite,

    /// <summary>Its rate has fallen, or a run took longer than its bound and ended.</summary>
    TooSlow,

    /// <summary>A run did not end within its bound.</summary>
    Hung,

    /// <summary>A probe's vector is not the known one.</summary>
    WrongProbe,

    /// <summary>Weights in memory are not those that were read.</summary>
    WeightsChanged,

    /// <summary>Another replica gave another vector for the same image, and its probes pass while this one's are wrong.</summary>
    Disagreed,

    /// <summary>It was there at an earlier start of the process and is missing at this one.</summary>
    Missing,
}

/// <summary>Why a device is not healthy.</summary>
/// <param name="Kind">How it was found.</param>
/// <param name="Reason">What was found, for people: the value, its limit, what happens next.</param>
/// <param name="Since">When, by this process's clock.</param>
/// <param name="LastGood">
/// When the last probe began that passed before that; null: none has, and everything the device ever answered here is in doubt.
/// </param>
/// <param name="Model">The model whose segment showed it; null where none alone did.</param>
public sealed record DeviceIllness(IllnessKind Kind, string Reason, DateTimeOffset Since, DateTimeOffset? LastGood, string? Model)
{
    /// <summary>
    /// Whether vectors may be wrong that the device has answered after <see cref="LastGood"/>. Where it threw, hung or was slow it
    /// answered nothing wrong, and what was not finite was never answered.
    /// </summary>
    public bool DoubtsAnswers => Kind is IllnessKind.WrongProbe or IllnessKind.WeightsChanged or IllnessKind.Disagreed;
}

/// <summary>How one device of this process does: a snapshot.</summary>
/// <param name="Device">Its name in this process, e.g. <c>cpu:0</c>.</param>
/// <param name="State">Whether it may be given images.</param>
public sealed record DeviceStatus(string Device, DeviceState State)
{
    /// <summary>Why it is not healthy; null where it is.</summary>
    public DeviceIllness? Illness { get; init; }

    /// <summary>When the last probe began that passed; null: none has yet, or probes are off.</summary>
    public DateTimeOffset? LastGoodProbe { get; init; }

    /// <summary>Its present rate as a part of what it was: in (0, 1]; 1 where it is not slow.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Whether it is given images.</summary>
    public bool Serves => State < DeviceState.Out;
}

/// <summary>A device that was there at an earlier start and is missing at this one.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Reason">What was found, or not, and the remedy.</param>
public sealed record MissingDevice(string Device, string Reason);

/// <summary>A device's state or illness changed.</summary>
/// <param name="Before">How it was.</param>
/// <param name="After">How it is.</param>
public sealed record DeviceChange(DeviceStatus Before, DeviceStatus After);

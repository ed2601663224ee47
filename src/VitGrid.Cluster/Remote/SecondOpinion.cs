using Microsoft.Extensions.Logging;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Telemetry;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Health;
using VitGrid.Runtime.Parity;

namespace VitGrid.Cluster.Remote;

/// <summary>
/// Has a part of the images computed by two replicas, which finds faults that come and go between two probes: of two that differ each is
/// asked again, and whoever repeats itself is believed.
/// </summary>
internal sealed partial class SecondOpinion(
    ImageRouter router, GridOptions options, ModelCatalog models, GridMetrics metrics, LocalNode self,
    DeviceHealth health, ILogger<SecondOpinion> logger) : IImageRouter
{
    private const int PerMille = 1_000;

    // A device that confuses images may give the same wrong vector once more by chance.
    private const int Repeats = 2;

    /// <inheritdoc/>
    public async Task<ImageAnswer> EmbedAsync(string model, ImageOrder order, CancellationToken cancellationToken)
    {
        (ImageAnswer answer, ReplicaKey first) = await router.EmbedAsync(model, order, avoided: null, cancellationToken);
        if (order.Features is not null || Random.Shared.Next(PerMille) >= options.Health.SecondOpinionPerMille)
            return answer;
        (ImageAnswer other, ReplicaKey second) = await router.EmbedAsync(model, order, first, cancellationToken);
        if (second == first || Agree(model, answer, other))
        {
            metrics.SecondOpinion(model, second == first ? "alone" : "agreed");
            return answer;
        }
        return await DecideAsync(model, order, new(first, answer), new(second, other), cancellationToken);
    }

    private async Task<ImageAnswer> DecideAsync(
        string model, ImageOrder order, Opinion one, Opinion other, CancellationToken cancellationToken)
    {
        bool? oneHolds = await HoldsAsync(model, order, one, cancellationToken);
        bool? otherHolds = await HoldsAsync(model, order, other, cancellationToken);
        // One that cannot be asked again may be the one that was right.
        if (oneHolds is null || otherHolds is null || oneHolds == otherHolds)
        {
            metrics.SecondOpinion(model, "undecided");
            LogUndecided(model, one.Replica, other.Replica, order.RequestId);
            throw new GridException(
                GridFault.SegmentFailed,
                $"replicas {one.Replica} and {other.Replica} of model '{model}' gave different vectors for one image, and "
                    + $"{HowTheyHeld(oneHolds, otherHolds)}: neither is answered; one of their devices "
                    + "computes wrong, see the server's log");
        }
        Opinion wrong = oneHolds.Value ? other : one;
        metrics.SecondOpinion(model, "corrected");
        LogCorrected(model, wrong.Replica, (oneHolds.Value ? one : other).Replica, order.RequestId);
        GiveUp(model, wrong);
        return (oneHolds.Value ? one : other).Answer;
    }

    private static string HowTheyHeld(bool? one, bool? other) => (one, other) switch
    {
        (true, true) => "gave them again",
        (false, false) => "others when they were asked again",
        _ => "one of them could not be asked again",
    };

    /// <summary>
    /// Whether the replica gives the same vector again, now that the image is alone in its batch; null when it went away, unless that was
    /// because its device computes wrong.
    /// </summary>
    private async Task<bool?> HoldsAsync(string model, ImageOrder order, Opinion opinion, CancellationToken cancellationToken)
    {
        try
        {
            for (int i = 0; i < Repeats; i++)
            {
                ImageAnswer again = await router.EmbedAtAsync(
                    model, order with { Broken = Math.Max(1, order.Broken) }, opinion.Replica, cancellationToken);
                if (!Agree(model, opinion.Answer, again))
                    return false;
            }
            return true;
        }
        catch (ReplicaLostException)
        {
            return LocalDevice(opinion) is { } device && health.Find(device).Illness is { DoubtsAnswers: true } ? false : null;
        }
    }

    /// <summary>The device is given up where the replica is whole on one of this process; elsewhere the log names it.</summary>
    private void GiveUp(string model, Opinion wrong)
    {
        if (LocalDevice(wrong) is { } device)
            health.Report(
                device, DeviceState.Out, IllnessKind.Disagreed,
                $"it gave a vector for an image of model '{model}' that another replica did not give, and that it did not give again",
                model);
    }

    /// <summary>The device of this process that holds the whole replica, by the answer, for the replica may be gone; else null.</summary>
    private string? LocalDevice(Opinion opinion)
    {
        string own = VectorOrigin.NameOf(self.Address.Node, "");
        return opinion.Answer.Origin?.Devices is { } devices && devices.StartsWith(own, StringComparison.Ordinal) && !devices.Contains(',')
            ? devices[own.Length..] : null;
    }

    private bool Agree(string model, ImageAnswer one, ImageAnswer other)
    {
        ModelInfo? info = models.FindTower(model);
        double limit = info?.Precision is null or Precision.Fp32 ? UnitDistance.Exact : UnitDistance.Rounded;
        int width = info?.Architecture.Width ?? one.ClsThenMean.Length;
        return UnitDistance.Between(one.ClsThenMean, other.ClsThenMean, width) <= limit;
    }

    [LoggerMessage(5311, LogLevel.Error, "Replicas {One} and {Other} of model {Model} differ on the image of request {RequestId}, and "
        + "asking again does not tell which is right: the image is refused")]
    private partial void LogUndecided(string model, ReplicaKey one, ReplicaKey other, string? requestId);

    [LoggerMessage(5312, LogLevel.Error, "Replica {Wrong} of model {Model} gave a vector for the image of request {RequestId} that replica "
        + "{Right} did not give, and not again: the other one is answered")]
    private partial void LogCorrected(string model, ReplicaKey wrong, ReplicaKey right, string? requestId);

    private sealed record Opinion(ReplicaKey Replica, ImageAnswer Answer);
}

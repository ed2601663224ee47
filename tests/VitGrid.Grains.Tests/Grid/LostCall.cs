using VitGrid.Grains.Contracts;

namespace VitGrid.Grains.Tests.Grid;

/// <summary>Fails the call to one segment before it arrives, as a silo that went away does.</summary>
internal sealed class LostCall(int segment) : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context) =>
        context.InterfaceMethod.DeclaringType == typeof(ISegmentGrain) && SegmentKey.Parse(context.TargetId.Key.ToString()!).Segment == segment
            ? throw new TimeoutException("the call was lost")
            : context.Invoke();
}

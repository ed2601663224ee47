namespace VitGrid.Runtime.Backends;

/// <summary>What a backend found of its devices. A snapshot: free memory is what it was when looked at.</summary>
/// <param name="Devices">
/// Every device that shows itself, usable or not, by ordinal; of a backend that shares the host its one processor.
/// </param>
/// <param name="Fault">Why they cannot be used; null when they can.</param>
public sealed record DeviceSurvey(IReadOnlyList<DeviceFacts> Devices, DeviceFault? Fault);

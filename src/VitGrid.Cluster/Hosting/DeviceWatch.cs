using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Telemetry;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Hosting;

/// <summary>
/// Shows how this process's devices do, a gauge a state, and tells the process that one is lost for ever, so that it hands over what its
/// other devices have and is started anew.
/// </summary>
internal sealed partial class DeviceWatch
{
    private readonly DeviceHealth _health;
    private readonly LeaveRequest _leave;
    private readonly ILogger<DeviceWatch> _logger;

    public DeviceWatch(DeviceHealth health, LeaveRequest leave, GridMetrics metrics, ILogger<DeviceWatch> logger)
    {
        (_health, _leave, _logger) = (health, leave, logger);
        health.Changed += OnChanged;
        foreach (DeviceStatus missing in health.All.Where(device => device.Illness?.Kind == IllnessKind.Missing))
            LogMissing(missing.Device, missing.Illness!.Reason);
        metrics.Meter.CreateObservableGauge(
            "vitgrid.device.state", States, description: "1 for the state that a device is in: healthy, slow, out or lost");
    }

    private void OnChanged(DeviceChange change)
    {
        if (change.After.State != DeviceState.Lost || change.Before.State == DeviceState.Lost)
            return;
        LogEnds(change.After.Device);
        _leave.LoseDevice(change.After.Device);
    }

    private IEnumerable<System.Diagnostics.Metrics.Measurement<int>> States() =>
        from status in _health.All
        from state in Enum.GetValues<DeviceState>()
        select new System.Diagnostics.Metrics.Measurement<int>(
            status.State == state ? 1 : 0, new("device", status.Device), new("state", SickDevice.StateNameOf(state)));

    [LoggerMessage(5251, LogLevel.Critical, "Device {Device} is lost for as long as this process lives: what its other devices have is "
        + "finished or handed over, then the process ends with exit code 76, to be started anew")]
    private partial void LogEnds(string device);

    [LoggerMessage(5252, LogLevel.Error, "This process serves without device {Device}: {Reason}")]
    private partial void LogMissing(string device, string reason);
}

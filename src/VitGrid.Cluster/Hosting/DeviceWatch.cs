using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Telemetry;
using VitGrid.Runtime.Health;

namespace VitGrid.Cluster.Hosting;

/// <summary>
/// Says what becomes of this process's devices: a line a change, a gauge a device, and to the process itself that one is lost for ever, so
/// that it hands over what its other devices have and is started anew.
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
        metrics.Meter.CreateObservableGauge(
            "vitgrid.device.state", States, description: "1 for the state that a device is in: healthy, slow, out or lost");
    }

    private void OnChanged(DeviceChange change)
    {
        (string device, DeviceIllness? illness) = (change.After.Device, change.After.Illness);
        string state = SickDevice.StateNameOf(change.After.State);
        if (change.After.State == DeviceState.Healthy)
            LogWell(device);
        else if (change.After.State == DeviceState.Slow)
            LogSlow(device, illness?.Reason ?? "");
        else
            LogOut(device, state, illness?.Kind ?? default, illness?.Reason ?? "");
        if (change.After.State != DeviceState.Lost || change.Before.State == DeviceState.Lost)
            return;
        LogEnds(device);
        _leave.LoseDevice(device);
    }

    private IEnumerable<System.Diagnostics.Metrics.Measurement<int>> States() =>
        from status in _health.All
        from state in Enum.GetValues<DeviceState>()
        select new System.Diagnostics.Metrics.Measurement<int>(
            status.State == state ? 1 : 0, new("device", status.Device), new("state", SickDevice.StateNameOf(state)));

    [LoggerMessage(5051, LogLevel.Error, "Device {Device} is {State} and gets no images ({Kind}): {Reason}")]
    private partial void LogOut(string device, string state, IllnessKind kind, string reason);

    [LoggerMessage(5052, LogLevel.Warning, "Device {Device} is slow and gets fewer images: {Reason}")]
    private partial void LogSlow(string device, string reason);

    [LoggerMessage(5053, LogLevel.Information, "Device {Device} is well again and gets images")]
    private partial void LogWell(string device);

    [LoggerMessage(5054, LogLevel.Critical, "Device {Device} is lost for as long as this process lives: what its other devices have is "
        + "finished or handed over, then the process ends with exit code 76, to be started anew")]
    private partial void LogEnds(string device);
}

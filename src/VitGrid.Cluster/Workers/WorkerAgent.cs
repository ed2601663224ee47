using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Cluster.Segments;
using VitGrid.Cluster.Tables;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Timing;
using VitGrid.Transport;

namespace VitGrid.Cluster.Workers;

/// <summary>Tells the planner what this worker is and has: every second, and at once when something changed.</summary>
internal sealed partial class WorkerAgent : GridLoop
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Peers _peers;
    private readonly LocalDevices _devices;
    private readonly ModelLibrary _library;
    private readonly SegmentHost _host;
    private readonly WorkerLoads _loads;
    private readonly PlannerLine _planner;
    private readonly ILogger<WorkerAgent> _logger;
    private volatile bool _leaving;

    public WorkerAgent(
        Peers peers, LocalDevices devices, ModelLibrary library, WorkerLoads loads, PlannerLine planner, ILogger<WorkerAgent> logger)
    {
        SegmentHost host = loads.Host;
        _peers = peers;
        _devices = devices;
        _library = library;
        _host = host;
        _loads = loads;
        _planner = planner;
        _logger = logger;
        library.Changed += RequestReport;
        host.Changed += RequestReport;
        devices.Health.Changed += _ => RequestReport();
    }

    /// <summary>Says from now on that this worker hands over and leaves.</summary>
    public void Leave()
    {
        _leaving = true;
        RequestReport();
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        bool told = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await _planner.ReportAsync(Report(), Lost, cancellationToken);
                told = false;
                await WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (!told)
                    LogNotHeard(exception.Message);
                told = true;
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private WorkerReport Report() => new()
    {
        Address = _peers.Self,
        Machine = MachineToken.Current,
        ProcessId = Environment.ProcessId,
        Leaving = _leaving,
        Devices = _devices.Rows,
        Sick = _devices.Sick,
        Models = _library.Cards,
        Faults = _library.Faults,
        Stages = _host.Reports(),
        TableVersion = _planner.TableVersion,
        Load = _loads.Now(),
    };

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource beat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        beat.CancelAfter(Beat);
        try
        {
            await _news.Reader.ReadAsync(beat.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing new: the beat.
        }
    }

    private void RequestReport() => _news.Writer.TryWrite(true);

    [LoggerMessage(5191, LogLevel.Information, "The planner did not hear the report: {Reason}")]
    private partial void LogNotHeard(string reason);
}

/// <summary>The way to the planner, and what comes back from it.</summary>
internal sealed class PlannerLine(IGrainFactory grains, TableStore table)
{
    public long TableVersion => table.Current.Version;

    /// <summary>Brings a report to the planner and takes its table over.</summary>
    public async Task ReportAsync(WorkerReport report, TimeSpan timeout, CancellationToken cancellationToken)
    {
        GridTable answered = await grains.GetGrain<IPlannerGrain>(0).ReportAsync(report).WaitAsync(timeout, cancellationToken);
        table.Hear(answered, TimeProvider.System.Now());
    }
}

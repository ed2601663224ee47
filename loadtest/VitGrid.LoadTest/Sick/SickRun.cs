using System.Globalization;
using VitGrid.Client;
using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Sick;

/// <summary>A run of faults.</summary>
/// <param name="Server">Path of vitgrid.dll.</param>
/// <param name="Images">Folder of images to send, beside generated ones.</param>
/// <param name="Replicas">Names of the faults of one of three replicas.</param>
/// <param name="Segments">Names of the faults of the middle one of three segments.</param>
/// <param name="Rate">Requests a second; null measures what the grid can carry and takes a part of it.</param>
/// <param name="Pace">How long the quiet phases are.</param>
/// <param name="Logs">Folder for what every process writes.</param>
internal sealed record SickOptions(
    string Server, string Images, IReadOnlyList<string> Replicas, IReadOnlyList<string> Segments, double? Rate, Pace Pace, string Logs);

/// <summary>Makes one device of a grid sick, one way after the other, under a steady load whose every answer is compared.</summary>
internal sealed class SickRun(SickOptions options, TextWriter progress)
{
    /// <summary>The code of a process that has lost a device.</summary>
    public const int DeviceLost = 76;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    private readonly List<SickResult> _results = [];
    private readonly Dictionary<string, double> _rates = [];

    /// <summary>Runs them all.</summary>
    /// <exception cref="InvalidOperationException">No grid could be started, or it did not become whole again.</exception>
    public async Task<SickReport> RunAsync(string command, CancellationToken cancellationToken)
    {
        if (Directory.Exists(options.Logs))
            Directory.Delete(options.Logs, recursive: true);
        // Both reach the processes that are started from here on: faults are allowed, and the api says of each image that begins again.
        Environment.SetEnvironmentVariable("VITGRID_INJECT_FAULTS", "1");
        Environment.SetEnvironmentVariable("Logging__LogLevel__VitGrid.Cluster.Remote.ImageRouter", "Debug");
        int images = 0;
        foreach (bool segments in (bool[])[false, true])
        {
            if ((segments ? options.Segments : options.Replicas) is not { Count: > 0 } names)
                continue;
            Truth truth = await Truth.LearnAsync(options.Server, options.Images, SickGrid.Model(segments), cancellationToken);
            images = truth.Count;
            using SickGrid grid = await StartAsync(segments, cancellationToken);
            await RunAsync(grid, truth, [.. names.Select(name => SickFault.All.Single(fault => fault.Name == name))], cancellationToken);
        }
        return new(command, _rates, images, _results);
    }

    private async Task<SickGrid> StartAsync(bool segments, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = Limit(cancellationToken);
        return await SickGrid.StartAsync(options.Server, options.Logs, segments, limit.Token);
    }

    private async Task RunAsync(SickGrid grid, Truth truth, SickFault[] faults, CancellationToken cancellationToken)
    {
        using HttpClient http = new() { BaseAddress = grid.Api.Address, Timeout = Timeout.InfiniteTimeSpan };
        double rate = options.Rate ?? await Capacity.MeasureAsync(new(http), truth, options.Pace.Capacity, cancellationToken);
        _rates[grid.Layout] = rate;
        await SayAsync(string.Create(CultureInfo.InvariantCulture, $"{grid.Layout}: {rate:0.#} requests a second"));
        foreach (SickFault fault in faults)
        {
            using OpenLoop load = new(new VitGridClient(http), truth, rate);
            using CancellationTokenSource limit = Limit(cancellationToken);
            SickWorker victim = await grid.VictimAsync(limit.Token);
            SickResult result = await PlayAsync(grid, victim, fault, load, limit.Token);
            _results.Add(result);
            await SayAsync(result.Row());
            if (fault == faults[^1])
                return;
            await grid.RenewAsync(victim, limit.Token);
            await grid.WaitUntilWholeAsync(limit.Token);
        }
    }

    private async Task<SickResult> PlayAsync(
        SickGrid grid, SickWorker victim, SickFault fault, OpenLoop load, CancellationToken cancellationToken)
    {
        int again = grid.BegunAgain();
        using CancellationTokenSource stop = new();
        Task running = load.RunAsync(stop.Token);
        await Task.Delay(options.Pace.Before, cancellationToken);
        (TimeSpan begun, DateTimeOffset at) = (load.Now, DateTimeOffset.UtcNow);
        grid.Begin(victim, fault);
        Watched watched = await WatchAsync(grid, victim, fault, () => load.Now, begun, cancellationToken);
        await Task.Delay(options.Pace.After, cancellationToken);
        TimeSpan end = load.Now;
        await stop.CancelAsync();
        await running;
        return new(fault, grid.Layout, Tally.From(load.Attempts, new(begun, null, end)), grid.BegunAgain() - again)
        {
            State = watched.State,
            FoundAfter = watched.Since - at,
            Reason = watched.Reason,
            ExitCode = watched.ExitCode,
            EndedAfter = watched.Ended - begun,
        };
    }

    /// <summary>Looks at the device until it is what is expected, its process has ended, or the time is over.</summary>
    private static async Task<Watched> WatchAsync(
        SickGrid grid, SickWorker victim, SickFault fault, Func<TimeSpan> now, TimeSpan begun, CancellationToken cancellationToken)
    {
        Watched watched = new();
        while (now() - begun < fault.Wait)
        {
            if (victim.Server.Process.HasExited)
                return watched with { ExitCode = victim.Server.Process.ExitCode, Ended = now() };
            // The first state that is not healthy is the finding; a device that is lost is waited for until its process ends.
            if (watched.State is null && await grid.LookAsync(victim, cancellationToken) is { State: not "healthy" } device)
                watched = new() { State = device.State, Since = device.Since, Reason = device.Reason };
            if (watched.State is not null && fault.Finding != Finding.Lost)
                return watched;
            await Task.Delay(Poll, cancellationToken);
        }
        return watched;
    }

    private CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Pace.Limit + TimeSpan.FromSeconds(90));
        return limit;
    }

    private Task SayAsync(string line) => progress.WriteLineAsync(line);

    /// <summary>What was seen of a device.</summary>
    private sealed record Watched
    {
        public string? State { get; init; }

        public DateTimeOffset? Since { get; init; }

        public string? Reason { get; init; }

        public int? ExitCode { get; init; }

        public TimeSpan? Ended { get; init; }
    }
}

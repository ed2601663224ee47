using System.Globalization;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Failures;

/// <summary>Runs the experiments one after the other; a grid that does not recover is replaced before the next.</summary>
internal sealed class FailureRun(FailureOptions options, TextWriter progress) : IDisposable
{
    private Grid? _grid;
    private int _grids;

    /// <summary>Runs them all.</summary>
    /// <exception cref="InvalidOperationException">No grid could be started, or it does not answer undisturbed.</exception>
    public async Task<FailureReport> RunAsync(string command, CancellationToken cancellationToken)
    {
        if (Directory.Exists(options.Logs))
            Directory.Delete(options.Logs, recursive: true);
        Truth truth = await Truth.LearnAsync(options, cancellationToken);
        await SayAsync($"{truth.Count} images and their vectors from one process");
        double? rate = options.Rate;
        List<Result> results = [];
        foreach (Experiment experiment in options.Experiments.Select(name => Experiments.All.Single(known => known.Name == name)))
        {
            Grid grid = _grid ??= await StartGridAsync(cancellationToken);
            rate ??= await MeasureAsync(grid, truth, cancellationToken);
            results.Add(await RunAsync(experiment, grid, truth, rate.Value, cancellationToken));
        }
        return new(command, rate ?? 0, truth.Count, results);
    }

    /// <inheritdoc/>
    public void Dispose() => _grid?.Dispose();

    private async Task<Grid> StartGridAsync(CancellationToken cancellationToken)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"grid-{++_grids}");
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Pace.Limit);
        try
        {
            Grid grid = await Grid.StartAsync(options, name, progress.WriteLine, limit.Token);
            await SayAsync($"{name} is whole");
            return grid;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                $"{name} was not whole after {options.Pace.Limit.TotalSeconds} s; its logs are in {options.Logs}");
        }
    }

    private async Task<double> MeasureAsync(Grid grid, Truth truth, CancellationToken cancellationToken)
    {
        using HttpClient http = NewHttp(grid);
        double rate = await Capacity.MeasureAsync(new(http), truth, options.Pace.Capacity, cancellationToken);
        await SayAsync($"{rate:0.#} requests a second from here on");
        return rate;
    }

    private async Task<Result> RunAsync(Experiment experiment, Grid grid, Truth truth, double rate, CancellationToken cancellationToken)
    {
        await SayAsync($"{experiment.Name}: {experiment.What}");
        using HttpClient http = NewHttp(grid);
        using OpenLoop load = new(new(http), truth, rate);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Pace.Limit);
        Scene scene = new(grid, options.Pace, () => load.Now, limit.Token);

        Moments moments = await PlayAsync(experiment, scene, load, cancellationToken);
        Result result = new(experiment, Tally.From(load.Attempts, moments), moments, scene.Notes);
        await WriteAttemptsAsync(experiment.Name, load.Attempts);
        await SayAsync($"  {result.Tally.Answered} of {result.Tally.Sent} answered, {result.Tally.Failed} failed, {result.Tally.Wrong} "
            + $"wrong, longest gap {result.Tally.LongestGap.TotalSeconds:0.00} s");
        foreach (string note in scene.Notes)
            await SayAsync($"  {note}");
        if (moments.Whole is null || !await RestoreAsync(experiment, grid, cancellationToken))
            ReplaceGrid();
        return result;
    }

    private async Task<Moments> PlayAsync(Experiment experiment, Scene scene, OpenLoop load, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = new();
        Task running = load.RunAsync(stop.Token);
        TimeSpan? whole = null;
        TimeSpan end;
        try
        {
            await Task.Delay(options.Pace.Before, scene.Cancellation);
            await experiment.Act(scene);
            await scene.WaitUntilWholeAsync();
            whole = load.Now;
            await Task.Delay(options.Pace.After, scene.Cancellation);
        }
        catch (Exception exception) when (IsOfTheGrid(exception, cancellationToken))
        {
            scene.Note(exception is OperationCanceledException
                ? $"given up after {options.Pace.Limit.TotalSeconds} s" : $"given up: {exception.Message.TrimEnd('.')}");
        }
        finally
        {
            end = load.Now;
            await stop.CancelAsync();
            await running;
        }
        return new(scene.Fault ?? end, whole, end);
    }

    private async Task<bool> RestoreAsync(Experiment experiment, Grid grid, CancellationToken cancellationToken)
    {
        if (experiment.Restore is null)
            return true;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Pace.Limit);
        try
        {
            await experiment.Restore(new(grid, options.Pace, () => TimeSpan.Zero, limit.Token));
            return true;
        }
        catch (Exception exception) when (IsOfTheGrid(exception, cancellationToken))
        {
            await SayAsync($"  not restored: {exception.Message}");
            return false;
        }
    }

    /// <summary>Whether the grid is at fault and the next experiment can go on with a new one; a run that was cancelled ends.</summary>
    private static bool IsOfTheGrid(Exception failure, CancellationToken cancellationToken) =>
        failure is VerbFailedException or InvalidOperationException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private void ReplaceGrid()
    {
        _grid?.Dispose();
        _grid = null;
    }

    private Task WriteAttemptsAsync(string name, IEnumerable<Attempt> attempts) => File.WriteAllLinesAsync(
        Path.Combine(options.Logs, $"{name}.requests.tsv"),
        attempts.Select(attempt => string.Create(
            CultureInfo.InvariantCulture,
            $"{attempt.Due.TotalSeconds:F4}\t{attempt.Done.TotalSeconds:F4}\t{attempt.Outcome}\t{attempt.Fault}")));

    private Task SayAsync(InvariantText text) => progress.WriteLineAsync(text.ToString());

    private static HttpClient NewHttp(Grid grid)
    {
        SocketsHttpHandler sockets = new() { MaxConnectionsPerServer = int.MaxValue };
        ApiHandler handler = new(() => grid.Api.Address) { InnerHandler = sockets };
        return new(handler) { BaseAddress = grid.Api.Address, Timeout = Timeout.InfiniteTimeSpan };
    }
}

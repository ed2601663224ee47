using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Measure;
using VitGrid.LoadTest.Images;
using VitGrid.LoadTest.Reports;
using VitGrid.LoadTest.Requests;
using static VitGrid.LoadTest.Reports.Invariant;

namespace VitGrid.LoadTest.Bench;

/// <summary>One load on one server, from the first image drawn to the report.</summary>
internal sealed class BenchRun : IDisposable
{
    private readonly BenchOptions _options;
    private readonly HttpClient _http;
    private readonly RequestPlan _plan;
    private readonly HttpSender _sender;
    private readonly VectorCheck? _check;
    private readonly LoadRecord _record;
    private readonly List<ProbeReport> _probes = [];
    private LoadClock _clock = LoadClock.Start();
    private TimeSpan _expected;

    public BenchRun(BenchOptions options)
    {
        _options = options;
        ImageSet images = options.Folder is { } folder ? ImageSet.Read(folder) : ImageSet.Draw(options.Mix, options.Seed);
        _plan = new(images, options.Shape, options.Seed);
        _record = new(options.Interval);
        _check = options.Verify ? new() : null;
        _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue, UseProxy = false,
            AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
        foreach ((string name, string value) in options.Headers)
            _http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        _sender = new(_http, new(options.Address, options.Shape, images), options.Timeout, _check);
    }

    /// <summary>Runs it to the end.</summary>
    public async Task<BenchReport> RunAsync(string command, ProgressLine progress, CancellationToken cancellationToken)
    {
        _clock = LoadClock.Start();
        ServerWatch watch = new(_http, _options.Address, _clock);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task shown = progress.RunAsync(() => (_clock.Now() / _expected, _record.Glance(_clock.Now())), over.Token);
        await WarmUpAsync(cancellationToken);
        await watch.BeginAsync();
        Task watched = watch.RunAsync(over.Token);
        (TimeSpan begun, TimeSpan processor) = (_clock.Now(), Environment.CpuUsage.TotalTime);
        try
        {
            await LoadAsync(cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(shown, watched);
        }
        double cores = (Environment.CpuUsage.TotalTime - processor) / (_clock.Now() - begun);
        return Report(command, cores, await watch.EndAsync());
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        _expected = _options.WarmUp + (Math.Max(1, _options.Rates.Count) * _options.Duration);
        if (_options.WarmUp == TimeSpan.Zero)
            return;
        double? rate = _options.Goal is null && _options.Rates is [var first, ..] ? first : null;
        await StepAsync("warm-up", rate, _options.WarmUp, counted: false, cancellationToken);
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (_options.Goal is { } goal)
            await SearchAsync(goal, cancellationToken);
        else if (_options.Rates.Count == 0)
            await StepAsync(Text($"{_options.Connections} connections"), null, _options.Duration, counted: true, cancellationToken);
        foreach (double rate in _options.Goal is null ? _options.Rates : [])
            await StepAsync(Text($"{rate:0.##}/s"), rate, _options.Duration, counted: true, cancellationToken);
    }

    private async Task SearchAsync(LatencyGoal goal, CancellationToken cancellationToken)
    {
        RateSearch search = new(_options.Rates is [var first, ..] ? first : 1);
        while (search.Next is { } rate)
        {
            _expected = _clock.Now() + _options.Duration;
            StepReport step = await StepAsync(Text($"{rate:0.##}/s"), rate, _options.Duration, counted: true, cancellationToken);
            double latency = _record.LatencyOfLast(goal.Percent);
            bool held = step.Sent == step.Answered && step.Answered > 0 && latency <= goal.Milliseconds;
            _probes.Add(new(rate, latency, held));
            search.Tell(held);
        }
    }

    /// <summary>One step; without a rate a closed loop.</summary>
    private async Task<StepReport> StepAsync(string name, double? rate, TimeSpan length, bool counted, CancellationToken cancellationToken)
    {
        TimeSpan begin = _clock.Now();
        int step = _record.BeginStep(name, rate, begin, length, counted);
        if (rate is { } asked)
        {
            IEnumerable<Arrival> arrivals = Arrivals.From([new(asked, length)], _options.Process, _options.Seed + step);
            await new OpenLoop(_plan, _sender.SendAsync, _clock, _record.Add)
                .RunAsync(arrivals.Select(arrival => new Arrival(begin + arrival.Due, step)), cancellationToken);
        }
        else
        {
            await new ClosedLoop(_plan, _sender.SendAsync, _clock, _record.Add).RunAsync(
                _options.Connections, step, begin + length, cancellationToken);
        }
        return _record.Step(step);
    }

    private BenchReport Report(string command, double cores, ServerReport? server)
    {
        IReadOnlyList<StepReport> steps = _record.Steps();
        IReadOnlyDictionary<string, double> stages = _record.Stages();
        int answered = steps.Sum(step => step.Answered);
        return new()
        {
            Machine = Machine.Line(),
            Command = command,
            Target = _options.Address.ToString(),
            Load = BenchWords.Load(_options),
            Requests = BenchWords.Requests(_options),
            Steps = steps,
            Timeline = _record.Timeline,
            StagesMs = stages,
            StagesP99Ms = _record.StagesP99(),
            Server = server,
            GeneratorCores = Math.Round(cores, 3),
            Search = _options.Goal is { } goal
                ? new(goal.ToString(), _probes.Where(probe => probe.Held).Max(probe => (double?)probe.Rate), _probes) : null,
            Verify = _check is null ? null : new(_check.Compared, _check.Different),
            Bottleneck = Bottleneck.From(new()
            {
                Answered = answered,
                MeanMs = answered == 0 ? 0 : steps.Sum(step => step.LatencyMs.Mean * step.Answered) / answered,
                StagesMs = stages.Count > 0 ? stages : server?.StagesMs ?? new Dictionary<string, double>(),
                Busy = server?.DeviceBusy.Values.Cast<double?>().Max(),
                GeneratorLateMs = steps.Max(step => step.GeneratorLateMs.P99),
            }),
        };
    }
}

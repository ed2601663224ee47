using VitGrid.Cluster.Planning;

namespace VitGrid.Benchmarks.Simulation;

/// <summary>Runs a grid in virtual time under load and faults.</summary>
internal sealed class GridSimulation
{
    private readonly VirtualTime _time = new();
    private readonly Random _random;
    private readonly SimulationOptions _options;
    private readonly SimulatedGrid _grid;
    private readonly double _from;
    private int _accepted, _answered, _twice, _refused, _counted, _offered;
    private double _flops, _speedSeconds, _lastAnswer, _longestGap, _longestWait;

    private GridSimulation(SimulationOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _from = options.Seconds / 5;
        _grid = new(_time, SimulatedFleet.Models, SimulatedFleet.Devices(options.Devices), Answer);
    }

    public static SimulationResult Run(SimulationOptions options) => new GridSimulation(options).Run();

    private SimulationResult Run()
    {
        foreach (GridModel model in SimulatedFleet.Models)
            StartLoad(model);
        if (_options.Faults)
            PlanFaults();
        for (double second = _from; second < _options.Seconds; second++)
            _time.At(second, () => _speedSeconds += _grid.Devices.Where(device => device.IsAlive && device.IsMember).Sum(
                device => device.Device.Speed));
        _time.RunUntil(_options.Seconds);
        (double longestGap, int counted) = (_longestGap, _counted);
        // Nothing new comes; what was accepted is answered.
        _time.RunUntil(_options.Seconds * 10);
        return new()
        {
            Accepted = _accepted,
            Answered = _answered,
            AnsweredTwice = _twice,
            Refused = _refused,
            Replayed = _grid.Routers.Values.Sum(router => router.Replayed),
            StaleAnswers = _grid.Routers.Values.Sum(router => router.StaleAnswers),
            ImagesPerSecond = counted / (_options.Seconds - _from),
            OfLinear = _options.Load is null ? _flops / _speedSeconds : (double)counted / _offered,
            LongestGap = longestGap,
            MaxWait = _longestWait,
            SlowestPlan = _grid.SlowestPlan,
            Plans = _grid.Plans,
        };
    }

    private void StartLoad(GridModel model)
    {
        if (_options.Load is { } part)
        {
            Arrive(model, part * _grid.Plan.ImagesPerSecond(model.Name));
            return;
        }
        // Enough for a full batch in every stage and as much again waiting.
        for (int client = 0; client < _options.Devices * 6 * model.BatchSize; client++)
            Add(model);
    }

    private void Arrive(GridModel model, double rate) => _time.At(_time.Now - (Math.Log(1 - _random.NextDouble()) / rate), () =>
    {
        if (_time.Now >= _options.Seconds)
            return;
        Add(model);
        Arrive(model, rate);
    });

    private void Add(GridModel model)
    {
        _offered += _time.Now >= _from ? 1 : 0;
        if (_grid.Routers[model.Name].TryAdd(new(_accepted, _time.Now)))
            _accepted++;
        else
            _refused++;
    }

    private void Answer(GridModel model, SimulatedImage image)
    {
        _twice += image.IsAnswered ? 1 : 0;
        image.IsAnswered = true;
        _answered++;
        _longestGap = Math.Max(_longestGap, _time.Now - _lastAnswer);
        _lastAnswer = _time.Now;
        _longestWait = Math.Max(_longestWait, _time.Now - image.Since);
        if (_time.Now >= _options.Seconds)
            return;
        if (_time.Now >= _from)
        {
            _counted++;
            _flops += model.Costs.TotalFlops;
        }
        if (_options.Load is null)
            Add(model);
    }

    /// <summary>Of fifty cards one dies, another stands still for five seconds; the dead come back, and new ones join.</summary>
    private void PlanFaults()
    {
        int each = Math.Max(1, _options.Devices / 50);
        SimulatedDevice[] chosen = [.. _grid.Devices];
        _random.Shuffle(chosen);
        for (int i = 0; i < each; i++)
        {
            (SimulatedDevice dying, SimulatedDevice stalling) = (chosen[i], chosen[each + i]);
            GridDevice joining = SimulatedFleet.Device(_options.Devices + i);
            _time.At(_options.Seconds * (0.3 + (0.1 * i / each)), () => _grid.Kill(dying));
            _time.At(_options.Seconds * (0.45 + (0.1 * i / each)), () => _grid.Stall(stalling, seconds: 5));
            _time.At(_options.Seconds * (0.6 + (0.1 * i / each)), () => _grid.Join(dying.Device));
            _time.At(_options.Seconds * (0.75 + (0.1 * i / each)), () => _grid.Join(joining));
        }
    }
}

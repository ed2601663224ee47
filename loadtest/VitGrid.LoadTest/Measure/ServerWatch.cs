using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Reports;

namespace VitGrid.LoadTest.Measure;

/// <summary>Reads a server's <c>/metrics</c> once a second while a load runs. A server without it is no fault.</summary>
internal sealed class ServerWatch(HttpClient http, Uri server, LoadClock clock)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly Uri _metrics = new(server, "/metrics");
    private readonly List<BusyPoint> _busy = [];
    private ServerReading? _first;
    private ServerReading? _last;

    /// <summary>From now on readings count.</summary>
    public async Task BeginAsync()
    {
        _busy.Clear();
        _first = _last = await ReadAsync();
    }

    /// <summary>Reads once a second until <paramref name="cancellationToken"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await ReadOnceAsync();
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>One more reading, then the sum; null for a server that shows nothing.</summary>
    public async Task<ServerReport?> EndAsync()
    {
        await ReadOnceAsync();
        if (_first is null || _last is null || _last.StageSeconds.Count == 0)
            return null;
        return new(
            _last.StagesSince(_first),
            _last.BatchesSince(_first),
            _busy.GroupBy(point => point.Device).ToDictionary(
                device => device.Key, device => Math.Round(device.Average(point => point.Ratio), 3)),
            [.. _busy]);
    }

    private async Task ReadOnceAsync()
    {
        if (_first is null || await ReadAsync() is not { } reading)
            return;
        _last = reading;
        double second = Math.Round(clock.Now().TotalSeconds, 1);
        _busy.AddRange(reading.Busy.Select(device => new BusyPoint(second, device.Key, Math.Round(device.Value, 3))));
    }

    private async Task<ServerReading?> ReadAsync()
    {
        using CancellationTokenSource limit = new(Timeout);
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(_metrics, limit.Token);
            return answer.IsSuccessStatusCode ? ServerReading.From(await answer.Content.ReadAsStringAsync(limit.Token)) : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }
}

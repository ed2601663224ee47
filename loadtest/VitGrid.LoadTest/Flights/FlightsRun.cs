using System.Globalization;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Flights;

/// <summary>
/// One worker, two front ends with cluster-wide flights and two without; the same load at either pair, taking turns. Every image is new:
/// no cache answers.
/// </summary>
internal sealed class FlightsRun(FlightsOptions options, TextWriter progress)
{
    private static readonly string Logs = Path.Combine(Path.GetTempPath(), $"vitgrid-flights-{Environment.ProcessId}");

    /// <summary>The lines of the report.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        using RedisProcess redis = await RedisProcess.StartAsync(Ports.Take(1)[0], Logs, cancellationToken);
        string[] shared = ["--redis", redis.Address, "--VitGrid:Cluster:Id=flights"];
        List<ServerProcess> servers = [];
        try
        {
            servers.Add(ServerProcess.Start(options.Server, Ports.Take(1)[0], [
                "--role", "worker", "--model", options.Model, "--devices", "cpu:0", .. shared]));
            foreach (bool isOn in (bool[])[true, true, false, false])
                servers.Add(ServerProcess.Start(options.Server, Ports.Take(1)[0], [
                    "--role", "api", $"--VitGrid:Cache:ClusterFlight={isOn}", .. shared]));
            await Task.WhenAll(servers.Select(server => server.WaitUntilReadyAsync(cancellationToken)));
            return await MeasureAsync(servers, cancellationToken);
        }
        finally
        {
            servers.ForEach(server => server.Dispose());
        }
    }

    private async Task<IReadOnlyList<string>> MeasureAsync(List<ServerProcess> servers, CancellationToken cancellationToken)
    {
        (string Name, double Doubled, bool IsOn)[] scenes = [
            .. new[] { ("every image at both at once", 1.0), ("1 of 20 at both at once", 0.05), ("each at one only", 0.0) }
                .SelectMany(scene => new[] { (scene.Item1, scene.Item2, true), (scene.Item1, scene.Item2, false) })];
        Dictionary<(string, bool), List<FlightsScene>> seen = scenes.ToDictionary(
            scene => (scene.Name, scene.IsOn), _ => new List<FlightsScene>());
        for (int round = 0; round <= options.Rounds; round++)
        {
            // Whichever comes second finds the processes warmer.
            foreach ((string name, double doubled, bool isOn) in round % 2 == 0 ? scenes : Enumerable.Reverse(scenes))
            {
                Uri[] pair = [.. servers.Skip(isOn ? 1 : 3).Take(2).Select(server => server.Address)];
                FlightsScene scene = await FlightsLoad.RunAsync(pair, servers[0].Address, doubled, options, cancellationToken);
                await progress.WriteLineAsync(Line(round == 0 ? "warm-up" : name, isOn, scene));
                // The first round warms up and is not counted.
                if (round > 0)
                    seen[(name, isOn)].Add(scene);
            }
        }
        return [
            "| new images | flights | answers/s | computed of 100 answers | median ms | p95 ms |", "|---|---|---|---|---|---|",
            .. scenes.Select(scene => Line(scene.Name, scene.IsOn, FlightsScene.Median(seen[(scene.Name, scene.IsOn)])))];
    }

    private static string Line(string name, bool isOn, FlightsScene scene) => string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {(isOn ? "on" : "off")} | {scene.Rate:0} | {scene.Computed:0.0} | {scene.Median50:0.0} | {scene.P95:0.0} |");
}

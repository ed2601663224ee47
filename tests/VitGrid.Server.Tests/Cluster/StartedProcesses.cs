using VitGrid.Server.Tests.Verbs;
using Xunit.Abstractions;

namespace VitGrid.Server.Tests.Cluster;

/// <summary>
/// The processes of one test, and a folder of theirs. Whatever becomes of the test, they are ended, what they said stands in its output,
/// and the folder is gone.
/// </summary>
internal sealed class StartedProcesses(ITestOutputHelper output) : IDisposable
{
    private readonly List<StartedProcess> _all = [];

    public TemporaryFolder Folder { get; } = new();

    /// <summary>A server at a port of its own.</summary>
    public StartedProcess Serve(params string[] arguments) => Serve([], arguments);

    /// <summary>The same with environment variables beside the test's own.</summary>
    public StartedProcess Serve(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        StartedProcess process = StartedProcess.VitGrid(environment, ["serve", "--urls", "http://127.0.0.1:0", .. arguments]);
        _all.Add(process);
        return process;
    }

    /// <summary>A Redis that keeps its file in the folder.</summary>
    /// <returns>Its address.</returns>
    public async Task<string> RedisAsync()
    {
        (StartedProcess redis, string address) = await StartedProcess.RedisAsync(Folder.Root);
        _all.Add(redis);
        return address;
    }

    public void Dispose()
    {
        foreach (StartedProcess process in _all)
        {
            process.Dispose();
            output.WriteLine($"-- process {process.Id}:{process.Said}");
        }
        Folder.Dispose();
    }
}

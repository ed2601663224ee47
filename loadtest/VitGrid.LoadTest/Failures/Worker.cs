using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Failures;

/// <summary>A place for a worker: its ports, the proxy before its data port, and the process that is there now.</summary>
internal sealed class Worker : IDisposable
{
    private string _assembly;
    private readonly string[] _arguments;
    private readonly int _port;
    private readonly string _logFile;
    private readonly TcpProxy _proxy;

    /// <summary>Takes the ports and starts a process.</summary>
    /// <param name="name">For messages and the log.</param>
    /// <param name="assembly">Path of vitgrid.dll.</param>
    /// <param name="shared">The arguments that every process of the grid gets.</param>
    /// <param name="logs">Folder of the log.</param>
    public Worker(string name, string assembly, IEnumerable<string> shared, string logs)
    {
        int[] ports = Ports.Take(5);
        (Name, _assembly, _port, _logFile) = (name, assembly, ports[0], Path.Combine(logs, $"{name}.log"));
        _proxy = new(ports[4], ports[3]);
        _arguments =
        [
            "--role", "worker", .. shared, .. Grid.ModelArguments, "--devices", "cpu:0",
            "--silo-port", $"{ports[1]}", "--gateway-port", $"{ports[2]}", "--data-port", $"{ports[3]}",
            "--VitGrid:Cluster:UnixSocket=false", $"--VitGrid:Cluster:AdvertisedDataPort={ports[4]}",
        ];
        Server = Launch();
    }

    /// <summary>For messages and the log.</summary>
    public string Name { get; }

    /// <summary>The process that is there now.</summary>
    public ServerProcess Server { get; private set; }

    /// <summary>The process's number.</summary>
    public int Id => Server.Process.Id;

    /// <summary>Starts a new process where the last one ended, as a supervisor does.</summary>
    public void StartAgain()
    {
        Server.Dispose();
        Server = Launch();
    }

    /// <summary>Starts a new process of another build where the last one ended.</summary>
    /// <param name="assembly">Path of its vitgrid.dll.</param>
    public void StartAgain(string assembly)
    {
        _assembly = assembly;
        StartAgain();
    }

    /// <summary>Breaks the data connections that others have to it.</summary>
    /// <returns>How many connections broke.</returns>
    public int CutData() => _proxy.Cut();

    /// <inheritdoc/>
    public void Dispose()
    {
        Server.Dispose();
        _proxy.Dispose();
    }

    private ServerProcess Launch() => ServerProcess.Start(_assembly, _port, _arguments, _logFile);
}

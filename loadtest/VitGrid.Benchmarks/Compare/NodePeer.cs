using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using VitGrid.LoadTest.Processes;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Segments;

namespace VitGrid.Benchmarks.Compare;

/// <summary>
/// The plain onnxruntime-node server of <c>loadtest/peers/onnxruntime-node</c>, on the very graph that VitGrid runs in fp32.
/// </summary>
internal sealed class NodePeer : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly ChildProcess _process;

    private NodePeer(ChildProcess process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it answers: <c>/naive</c> and <c>/batched</c>.</summary>
    public Uri Address { get; }

    /// <summary>Installs what the peer needs from npm, once.</summary>
    /// <returns>Why that is not possible; null when all is there.</returns>
    public static async Task<string?> InstallAsync(string peer, CancellationToken cancellationToken)
    {
        if (Directory.Exists(Path.Combine(peer, "node_modules", "onnxruntime-node")))
            return null;
        try
        {
            // The scripts would fetch CUDA libraries; what a CPU needs is in the package.
            ProcessStartInfo install = new(
                "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = peer, RedirectStandardError = true,
                    RedirectStandardOutput = true };
            using Process npm = Process.Start(install)!;
            Task<string> said = npm.StandardError.ReadToEndAsync(cancellationToken);
            await npm.StandardOutput.ReadToEndAsync(cancellationToken);
            await npm.WaitForExitAsync(cancellationToken);
            return npm.ExitCode == 0 ? null : $"npm ci ended with code {npm.ExitCode}: {(await said).Split('\n')[0]}";
        }
        catch (Win32Exception)
        {
            return "there is no npm on this machine; install Node.js 20 or newer";
        }
    }

    /// <summary>Starts it on <paramref name="model"/>.</summary>
    /// <exception cref="InvalidOperationException">It ended or was not ready in two minutes.</exception>
    public static async Task<NodePeer> StartAsync(string peer, string model, string scratch, CancellationToken cancellationToken)
    {
        (string graph, int size, string output) = Export(model, scratch);
        int port = Ports.Take(1)[0];
        string[] arguments =
        [
            Path.Combine(peer, "server.mjs"), "--port", Text(port), "--model", graph, "--size", Text(size), "--output", output,
            "--threads", Text(Environment.ProcessorCount), "--batch", "8",
        ];
        NodePeer node = new(ChildProcess.Start("node", arguments), new($"http://127.0.0.1:{Text(port)}/"));
        long begun = Stopwatch.GetTimestamp();
        while (!node._process.LastLines().Contains("ready", StringComparison.Ordinal))
        {
            if (node._process.HasExited || Stopwatch.GetElapsedTime(begun) > Timeout)
            {
                node.Dispose();
                throw new InvalidOperationException($"the Node peer did not become ready:{Environment.NewLine}{node._process.LastLines()}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
        return node;
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    /// <summary>The graph beside links to its weights: ONNX Runtime reads external data from the model's own folder.</summary>
    private static (string Graph, int Size, string Output) Export(string model, string scratch)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        int depth = checkpoint.Architecture.Depth, size = checkpoint.Preprocessing.Size;
        SegmentModel segment = SegmentBuilder.Build(checkpoint, new SegmentRequest
        {
            Blocks = BlockRange.Split(depth, 1)[0],
            InputSize = InputSize.Square(size),
            PooledLayers = SegmentBuilder.AllLayers(depth),
        });
        string folder = Path.GetFullPath(Path.Combine(scratch, $"{SizedModel.NameOf(model)}-onnx"));
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(segment.WeightFolder, "*.safetensors"))
            SizedModel.Link(file, folder);
        string graph = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(graph, segment.Onnx);
        return (graph, size, SegmentNames.Pooled(depth));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Concurrency;
using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Settings;

namespace VitGrid.Cluster.Grains;

/// <summary>Answers for the process that it is in.</summary>
[PinnedPlacement, Reentrant]
internal sealed class ProcessGrain(GridOptions options, ModelCatalog models, ImageRouter router) : Grain, IProcessGrain
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(30);
    private static readonly SettingPath Tls = SettingPath.Root[nameof(GridOptions.Cluster)][nameof(ClusterOptions.Tls)];

    public Task<ProcessReport> ReportAsync() => Task.FromResult(new ProcessReport
    {
        Version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        Milliseconds = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        Certificates = options.Cluster.Tls is not { } tls ? [] :
        [
            new($"{Tls[nameof(tls.Certificate)]}", EndOf(tls.Certificate)), new($"{Tls[nameof(tls.Authority)]}", EndOf(tls.Authority)),
        ],
        Disks =
        [
            .. options.Models.Select(model => model.Directory).Distinct().Select(folder => DiskOf("weights", folder)),
            .. options.Indexing is { IsOn: true, Spool: { } spool } ? [DiskOf("spool", spool)] : Array.Empty<DiskRow>(),
        ],
    });

    public async Task<float[]> ProbeAsync(ReplicaKey replica)
    {
        ModelInfo model = models.FindTower(replica.Model)
            ?? throw new ReplicaLostException($"this process knows no model '{replica.Model}'");
        using Pixels pixels = Pixels.Adopt(new Plain(model.InputSize.PixelBytes));
        // A picture that is none, the same everywhere: a slope that goes round every 251 bytes.
        for (int i = 0; model.Text is null && i < pixels.Memory.Length; i++)
            pixels.Memory.Span[i] = (byte)(i % 251);
        ImageOrder order = new(pixels, model.Architecture.Depth, Lane.Interactive, pixels.Memory.Length, ProbeLimit)
        {
            RequestId = "doctor",
        };
        using CancellationTokenSource limit = new(ProbeLimit);
        return (await router.EmbedAtAsync(replica.Model, order, replica, limit.Token)).ClsThenMean;
    }

    private static long? EndOf(string file)
    {
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file));
            return new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeMilliseconds();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }
    }

    private static DiskRow DiskOf(string purpose, string folder)
    {
        try
        {
            DriveInfo disk = new(Path.GetFullPath(folder));
            return new(purpose, folder, disk.AvailableFreeSpace, disk.TotalSize);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(purpose, folder, null, 0);
        }
    }

    /// <summary>Bytes that nobody gets back.</summary>
    private sealed class Plain(int length) : System.Buffers.IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = new byte[length];

        public void Dispose()
        {
        }
    }
}

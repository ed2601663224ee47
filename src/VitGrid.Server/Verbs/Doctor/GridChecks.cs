using System.Globalization;
using VitGrid.Cluster.Administration;
using VitGrid.Engine.Caching;

namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Looks at the processes and replicas of a grid. Pure.</summary>
internal static class GridChecks
{
    private const long LittleRoom = 1L << 30;
    private const string Rolled = "the grid's processes are of several builds; finish rolling them";

    /// <summary>A certificate that ends sooner is told.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    /// <summary>The findings of an examination.</summary>
    /// <param name="grid">Its workers and replicas.</param>
    /// <param name="frontEnds">The front ends that were asked.</param>
    /// <param name="now">The time here.</param>
    public static IEnumerable<Finding> Find(GridExamination grid, IReadOnlyList<ExaminedProcess> frontEnds, DateTimeOffset now)
    {
        string[] versions =
        [
            .. grid.Processes.Concat(frontEnds).Where(process => process.Problem is null && process.Version.Length > 0).Select(
                process => process.Version).Distinct(),
        ];
        return
        [
            .. grid.Processes.SelectMany(process => Find(process, versions.Length > 1, now)),
            .. frontEnds.SelectMany(process => FindFrontEnd(process, versions.Length > 1, now)),
            .. grid.Replicas.Select(Find),
        ];
    }

    private static IEnumerable<Finding> Find(ExaminedProcess process, bool differ, DateTimeOffset now)
    {
        if (process.Problem is { } problem)
        {
            return
            [
                new($"worker {process.Node}", Health.Missing, $"does not answer: {problem}",
                    "see its log; one of a build before cannot answer until it is rolled"),
            ];
        }
        return
        [
            new($"worker {process.Node}", differ ? Health.Optional : Health.Good,
                $"version {process.Version}, answered in {process.Took.TotalMilliseconds:0} ms",
                differ ? Rolled : null),
            .. Clock(process, process.Took / 2),
            .. process.Certificates.Select(certificate => Certificate(process.Node, certificate.Setting, certificate.Ends, now)),
            .. process.Disks.Select(disk => Disk(process.Node, disk.Purpose, disk.Folder, disk.FreeBytes, disk.Bytes)),
        ];
    }

    private static IEnumerable<Finding> FindFrontEnd(ExaminedProcess process, bool differ, DateTimeOffset now)
    {
        IEnumerable<Finding> certificates = process.Certificates.Select(
            certificate => Certificate(process.Node, certificate.Setting, certificate.Ends, now));
        if (process.Problem is { } problem)
        {
            return
            [
                new($"front end {process.Node}", Health.Missing, $"serves nobody: {problem}",
                    "see its log; it needs the grid's Redis and a worker that it reaches"),
                .. certificates,
            ];
        }
        string took = $"answered in {process.Took.TotalMilliseconds:0} ms";
        return
        [
            process.Version.Length == 0
                ? new($"front end {process.Node}", Health.Optional, $"ready, {took}; it does not tell its version",
                    "set VITGRID_API_KEY to a key with the scope metrics")
                : new($"front end {process.Node}", differ ? Health.Optional : Health.Good, $"ready, version {process.Version}, {took}",
                    differ ? Rolled : null),
            .. Clock(process, TimeSpan.FromSeconds(0.5) + (process.Took / 2)),
            .. certificates,
        ];
    }

    private static IEnumerable<Finding> Clock(ExaminedProcess process, TimeSpan within)
    {
        if (process.Ahead is not { } ahead)
            return [];
        string subject = $"clock of {process.Node}";
        string fact = string.Create(CultureInfo.InvariantCulture,
            $"{ahead.TotalSeconds:+0.000;-0.000} s beside this machine's, to within {within.TotalSeconds:0.000} s");
        return
        [
            (ahead.Duration() - within) <= VectorRecall.ClockAllowance
                ? new(subject, Health.Good, fact)
                : new(subject, Health.Missing, fact,
                    $"set the machine's clock (NTP); recalls of wrong vectors allow for {VectorRecall.ClockAllowance.TotalSeconds:0} s"),
        ];
    }

    private static Finding Certificate(string node, string setting, DateTimeOffset? ends, DateTimeOffset now)
    {
        string subject = $"certificate of {node}";
        if (ends is not { } end)
            return new(subject, Health.Missing, $"the file of {setting} cannot be read there", "mount it, and let that user read it");
        string fact = string.Create(CultureInfo.InvariantCulture, $"{setting} ends in {(end - now).TotalDays:0} days ({end:yyyy-MM-dd})");
        if (end <= now)
            return new(subject, Health.Missing, fact, "renew it ('sh deploy/init.sh', or its issuer), and restart what has it");
        return end - now < Soon
            ? new(subject, Health.Optional, fact, "renew it before it ends ('sh deploy/init.sh', or its issuer)")
            : new(subject, Health.Good, fact);
    }

    private static Finding Disk(string node, string purpose, string folder, long? free, long bytes)
    {
        string subject = $"disk of {node}";
        if (free is not { } left)
            return new(subject, Health.Optional, $"{purpose}: nobody can say what is free at {folder}", null);
        string fact = $"{purpose}: {Amounts.Bytes(left)} of {Amounts.Bytes(bytes)} free at {folder}";
        // Weights are read, and their disk may well be full; a spool is written.
        return purpose != "spool" || left >= LittleRoom
            ? new(subject, Health.Good, fact)
            : new(subject, Health.Optional, fact, "remove files of batches (DELETE /v1/files/ID), or enlarge it");
    }

    private static Finding Find(ExaminedReplica replica) => replica.Problem is { } problem
        ? new($"replica {replica.Replica}", Health.Missing, $"{problem}, on {replica.Devices}",
            "see the logs of its workers, and 'vitgrid cluster status'")
        : new($"replica {replica.Replica}", Health.Good, string.Create(
            CultureInfo.InvariantCulture, $"one image in {replica.Took.TotalMilliseconds:0} ms, on {replica.Devices}"));
}

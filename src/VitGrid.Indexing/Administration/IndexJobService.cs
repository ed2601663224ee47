using VitGrid.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Submission;
using VitGrid.Indexing.Targets;
using VitGrid.S3;

namespace VitGrid.Indexing.Administration;

/// <summary>The indexing queue as an operator sees it: submit, look, retry, cancel, remove.</summary>
public sealed class IndexJobService : IAsyncDisposable
{
    private const int ShownJobs = 50;

    private readonly QueueConnection _connection;
    private readonly JobStore _jobs;
    private readonly RedisRetryPolicy _retry;

    private IndexJobService(QueueConnection connection, ILogger logger)
    {
        _connection = connection;
        _jobs = new(connection, TimeProvider.System);
        _retry = new(new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)), logger);
    }

    /// <summary>What Redis would lose; null when nothing.</summary>
    public string? Warning { get; private init; }

    /// <summary>How stores of objects are reached that sources name.</summary>
    private S3Options Objects { get; init; } = new();

    /// <summary>Connects.</summary>
    /// <exception cref="IndexException">Redis does not answer, or its settings would lose jobs.</exception>
    public static Task<IndexJobService> OpenAsync(IndexingOptions options, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        return OpenAsync(
            options.Redis!, logger, options.KeyPrefix, new(options.RedisPasswordFile, options.RedisAuthorityFile), options.S3,
            options.ConfirmReplicas);
    }

    /// <summary>Connects to a Redis by its address.</summary>
    /// <exception cref="IndexException">Redis does not answer, or its settings would lose jobs.</exception>
    public static async Task<IndexJobService> OpenAsync(
        string redis, ILogger logger, string? keyPrefix = null, RedisLogin? login = null, S3Options? objects = null,
        int replicas = 0)
    {
        QueueConnection connection = await QueueConnection.OpenNowAsync(redis, keyPrefix, login, replicas);
        QueueHealth health = await connection.HealthAsync();
        if (health.Refusal is not { } refusal)
            return new(connection, logger) { Warning = health.Warning, Objects = objects ?? new() };
        await connection.DisposeAsync();
        throw new IndexException($"the Redis at {RedisAddress.Describe(redis)} cannot hold the queue: {refusal}");
    }

    /// <summary>The batches of <c>/v1/batches</c>, which are jobs too.</summary>
    public BatchStore Batches => new(_connection, _jobs);

    private DeviceRetry ByDevice => new(_jobs, _retry, Objects);

    private JobRemoval Removal => new(_connection, _jobs, TimeProvider.System);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Keeps the queue for a grid, as its workers do.</summary>
    /// <param name="grid">The grid's name; see <see cref="QueueOwner"/>.</param>
    /// <exception cref="IndexException">Another grid works on it.</exception>
    public async Task ClaimAsync(string grid)
    {
        string owner = await _retry.RunAsync(() => QueueOwner.TakeAsync(_connection, grid), CancellationToken.None);
        if (owner != grid)
            throw new IndexException($"grid '{grid}' runs no batches: the indexing queue belongs to grid '{owner}'; "
                + "give this grid a Redis (Indexing:Redis) or an Indexing:KeyPrefix of its own");
    }

    /// <summary>Makes the job, or finds the one that an earlier run of the same submission has made.</summary>
    /// <exception cref="IndexException">There is a job of that id with other settings or sources.</exception>
    public async Task<IndexJob> OpenJobAsync(string id, JobSettings settings, IReadOnlyList<string> sources)
    {
        string fingerprint = settings.Fingerprint(sources.Select(SourceReader.FullName));
        await _retry.RunAsync(() => _jobs.CreateAsync(id, settings, fingerprint), CancellationToken.None);
        await _retry.RunAsync(
            async () =>
            {
                await _connection.EnsureGroupAsync();
                return true;
            },
            CancellationToken.None);
        IndexJob job = await FindAsync(id);
        return job.Fingerprint == fingerprint ? job : throw new IndexException(
            $"job '{id}' exists already with other sources or settings (model {job.Settings.Model}, sink {Shown(job.Settings.Sink)}); "
                + $"choose another id with --job, or give what was given then");
    }

    /// <summary>Submits what is not in the queue yet; nothing when the submission was whole.</summary>
    public async Task SubmitAsync(
        IndexJob job, IReadOnlyList<string> sources, int maxEntries, SubmissionObserver told, CancellationToken cancellationToken)
    {
        using S3Store? store = SourceReader.OpenStore(sources, Objects);
        await SubmitAsync(job, SourceReader.Read(sources, store), maxEntries, told, cancellationToken);
    }

    /// <summary>The same with items that were read already; they must come in the same order each time.</summary>
    public async Task SubmitAsync(
        IndexJob job, IEnumerable<SourceLine> items, int maxEntries, SubmissionObserver told, CancellationToken cancellationToken)
    {
        if (job.State != "submitting")
            return;
        Submitter submitter = new(_jobs, _retry, maxEntries) { Malformed = told.Malformed, Progress = told.Progress };
        await submitter.RunAsync(job, items, cancellationToken);
    }

    /// <summary>Finds a job; waits while Redis does not answer.</summary>
    /// <exception cref="IndexException">There is no such job.</exception>
    public async Task<IndexJob> FindAsync(string id) => await _retry.RunAsync(() => _jobs.FindAsync(id), CancellationToken.None)
        ?? throw new IndexException($"there is no job '{id}'; 'vitgrid index status' lists the jobs there are");

    /// <summary>The queue with one job or the newest ones.</summary>
    public async Task<IndexStatus> StatusAsync(string? id, CancellationToken cancellationToken)
    {
        List<JobStatus> jobs = [];
        foreach (string job in id is null ? await _retry.RunAsync(() => _jobs.NewestAsync(ShownJobs), cancellationToken) : [id])
        {
            // Of all jobs, one whose hash somebody has deleted is passed over.
            IndexJob? found = id is null ? await _retry.RunAsync(() => _jobs.FindAsync(job), cancellationToken) : await FindAsync(job);
            if (found is not null)
                jobs.Add(await StatusOfAsync(found, cancellationToken));
        }
        return await _retry.RunAsync(() => WithQueueAsync(jobs), cancellationToken);
    }

    private async Task<JobStatus> StatusOfAsync(IndexJob job, CancellationToken cancellationToken)
    {
        try
        {
            long parked = await _retry.RunAsync(() => _jobs.ParkedAsync(job.Id), cancellationToken);
            return JobStatus.From(job, parked, Shown, DateTimeOffset.UtcNow);
        }
        catch (RedisServerException exception)
        {
            // Whatever somebody has put into the place of its items: the other jobs are shown all the same.
            return JobStatus.From(job, 0, Shown, DateTimeOffset.UtcNow) with
            {
                Problem = $"{IndexKeys.Parked(job.Id)} cannot be read: {exception.Message}",
            };
        }
    }

    /// <summary>Lists a job's dead letters; none when there is no such job.</summary>
    public IAsyncEnumerable<DeadLetter> DeadAsync(string id) => _jobs.DeadAsync(id);

    /// <summary>Puts dead letters back into the queue; gives how many.</summary>
    public Task<long> RetryAsync(string id, CancellationToken cancellationToken) => _jobs.RetryAsync(id, cancellationToken);

    /// <summary>The items of a job whose vectors such a device has computed; nothing is changed.</summary>
    /// <exception cref="IndexException">There is no such job, its sink says no devices, or is not seen from here.</exception>
    public async Task<IReadOnlyList<DistrustedItem>> DistrustedAsync(
        string id, DistrustedVectors vectors, CancellationToken cancellationToken) =>
        await ByDevice.ListAsync(await FindAsync(id), vectors, cancellationToken);

    /// <summary>Takes the parts that such a device has had to do with out of a job's sink, and their items into the queue again.</summary>
    /// <exception cref="IndexException">There is no such job, its sink says no devices, or is not seen from here.</exception>
    public async Task<DeviceRetryOutcome> RetryAsync(string id, DistrustedVectors vectors, CancellationToken cancellationToken) =>
        await ByDevice.RunAsync(await FindAsync(id), vectors, cancellationToken);

    /// <summary>Gives up what is left; false when nothing is.</summary>
    public Task<bool> CancelAsync(string id) => _jobs.CancelAsync(id);

    /// <summary>Removes a job that is over, and its batch; what it has written, sinks and files, stays.</summary>
    /// <returns>False when there is no such job.</returns>
    /// <exception cref="IndexException">It is not over, or no job can have such an id.</exception>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => Removal.RemoveAsync(id, cancellationToken);

    /// <summary>Removes every job and batch that was over <paramref name="age"/> ago.</summary>
    /// <returns>How many were removed.</returns>
    public Task<int> RemoveOlderAsync(TimeSpan age, CancellationToken cancellationToken) =>
        Removal.RemoveOlderAsync(age, cancellationToken);

    private async Task<IndexStatus> WithQueueAsync(IReadOnlyList<JobStatus> jobs)
    {
        IDatabase redis = _connection.Database;
        // Nothing is made here: a status can be asked of a replica, which takes no writes.
        if (!await redis.KeyExistsAsync(IndexKeys.Stream))
            return new() { Entries = 0, Lag = 0, Pending = 0, Workers = [], Jobs = jobs };
        StreamGroupInfo? found = (await redis.StreamGroupInfoAsync(IndexKeys.Stream)).Cast<StreamGroupInfo?>()
            .FirstOrDefault(group => group!.Value.Name == IndexKeys.Group);
        long length = await redis.StreamLengthAsync(IndexKeys.Stream);
        if (found is not { } group)
            return new() { Entries = length, Lag = length, Pending = 0, Workers = [], Jobs = jobs };
        StreamConsumerInfo[] workers = await redis.StreamConsumerInfoAsync(IndexKeys.Stream, IndexKeys.Group);
        return new()
        {
            Entries = length,
            Lag = group.Lag,
            Pending = group.PendingMessageCount,
            Workers = [.. workers.Select(
                worker => new IndexWorkerStatus(worker.Name!, worker.PendingMessageCount, worker.IdleTimeInMilliseconds))],
            Jobs = jobs,
        };
    }

    /// <summary>A sink without its password.</summary>
    private static string Shown(string sink)
    {
        try
        {
            return SinkSpec.Parse(sink).ToString();
        }
        catch (SinkException)
        {
            return sink.Split(':')[0];
        }
    }
}

/// <summary>Who is told of a submission.</summary>
public sealed record SubmissionObserver(Action<string> Malformed, Action<SubmissionProgress> Progress);

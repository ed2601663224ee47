using System.Collections.Concurrent;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Submission;

namespace VitGrid.Server.Api.Pages;

/// <summary>
/// Puts the sources of jobs that pages start into the queue, while their requests are long answered: a folder may hold millions. What the
/// process's end cuts off goes on when the same job is started again. Any thread may call.
/// </summary>
internal sealed partial class JobStarter(
    SubmissionRules rules, IndexingOptions options, IHostApplicationLifetime lifetime, ILogger<JobStarter> log) : IHostedService
{
    /// <summary>Sources that are read at once.</summary>
    public const int MaxAtOnce = 4;

    private const int MaxTold = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _running = [];
    private readonly ConcurrentDictionary<string, Submission> _told = new();

    /// <summary>What stands in the way of a job's source, or was wrong with it; null: nothing, or it was not started here.</summary>
    public string? ProblemOf(string job) => _told.TryGetValue(job, out Submission? submission) ? submission.Problem : null;

    /// <summary>Begins with a job; nothing where it is begun already.</summary>
    /// <param name="open">Makes the job, or finds the one of an earlier start.</param>
    /// <param name="job">Its id.</param>
    /// <param name="service">The queue.</param>
    /// <param name="source">What is to be read.</param>
    /// <returns>False: so many are begun that there is no room for another.</returns>
    public async Task<bool> BeginAsync(string job, IndexJobService service, string source, Func<Task<IndexJob>> open)
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_running.ContainsKey(job))
                return true;
            if (_running.Count >= MaxAtOnce)
                return false;
            _running[job] = begun.Task;
        }
        try
        {
            IndexJob opened = await open();
            if (_told.Count >= MaxTold)
                _told.Clear();
            Submission told = _told[job] = new();
            _ = Task.Run(() => SubmitAsync(service, opened, source, told, begun), CancellationToken.None);
            return true;
        }
        catch
        {
            End(job, begun);
            throw;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] running;
        lock (_gate)
            running = [.. _running.Values];
        await Task.WhenAll(running).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Does not fail.</summary>
    private async Task SubmitAsync(IndexJobService service, IndexJob job, string source, Submission told, TaskCompletionSource begun)
    {
        try
        {
            SubmissionObserver observer = new(told.Malformed, told.Progress);
            await service.SubmitAsync(job, rules.Read(source), options.MaxLength, observer, lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            told.Fail("the process ended while its source was being read; start it again with the same source to go on");
        }
        catch (Exception exception)
        {
            told.Fail(exception.Message);
            LogFailed(job.Id, exception.Message);
        }
        End(job.Id, begun);
    }

    private void End(string job, TaskCompletionSource begun)
    {
        lock (_gate)
            _running.Remove(job);
        begun.SetResult();
    }

    [LoggerMessage(7071, LogLevel.Warning, "Job {Job}, which a page started, is not submitted to its end: {Reason}")]
    private partial void LogFailed(string job, string reason);

    /// <summary>What is told of a source while it is read, and afterwards.</summary>
    private sealed class Submission
    {
        private long _faults;
        private volatile string? _failure, _firstFault, _obstacle;

        public string? Problem => _failure ?? _obstacle
            ?? (_firstFault is { } fault ? $"{Interlocked.Read(ref _faults)} lines of its source are no items, the first: {fault}" : null);

        public void Fail(string reason) => _failure = reason;

        public void Malformed(string fault)
        {
            Interlocked.Increment(ref _faults);
            _firstFault ??= fault;
        }

        public void Progress(SubmissionProgress progress) =>
            _obstacle = progress.Obstacle is { } obstacle ? $"{obstacle}; waiting for the workers" : null;
    }
}

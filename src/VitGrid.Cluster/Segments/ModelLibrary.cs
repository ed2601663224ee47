using Microsoft.Extensions.Logging;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Hosting;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Texts;

namespace VitGrid.Cluster.Segments;

/// <summary>
/// The checkpoints of this process: opened and checked before anything starts, fingerprinted in the background once the silo has joined.
/// A model is offered to the planner when its fingerprint is known.
/// </summary>
internal sealed partial class ModelLibrary(
    GridOptions options, LocalDevices devices, ModelCatalog catalog, TextTokenizers tokenizers, ILogger<ModelLibrary> logger)
    : LifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private ImmutableArray<OpenedModel> _opened = [];
    private ImmutableArray<ModelCard> _cards = [];
    private ImmutableArray<ModelFault> _faults = [];
    private Task _reading = Task.CompletedTask;

    /// <summary>Raised when <see cref="Cards"/> or <see cref="Faults"/> grew.</summary>
    public event Action? Changed;

    public ImmutableArray<ModelCard> Cards => ImmutableInterlocked.InterlockedCompareExchange(ref _cards, default, default);

    public ImmutableArray<ModelFault> Faults => ImmutableInterlocked.InterlockedCompareExchange(ref _faults, default, default);

    /// <summary>Models whose weights are still being read.</summary>
    public IEnumerable<string> Preparing =>
        _opened.Select(model => model.Name).Except(Cards.Select(card => card.Name)).Except(Faults.Select(fault => fault.Model));

    /// <summary>The model of that name; null: none is configured here.</summary>
    public OpenedModel? Find(string name) => _opened.FirstOrDefault(model => model.Name == name);

    /// <exception cref="KeyNotFoundException">No model of that name is configured here.</exception>
    public OpenedModel Get(string name) => Find(name)
        ?? throw new KeyNotFoundException(
            $"model '{name}' is not among this worker's: {string.Join(", ", _opened.Select(model => model.Name))}");

    public override Task StartingAsync(CancellationToken cancellationToken)
    {
        _opened = ModelOpener.OpenAll(options, devices.Rows);
        foreach (OpenedModel model in _opened)
        {
            if (model.Tokenizer is { } tokenizer)
                tokenizers.Add(model.Name, tokenizer);
            if (model.Facts.TextFault is { } fault)
                LogNoTexts(model.Name, fault);
            if (model.Facts.Text?.TokenizerFault is { } lack)
                LogIdsAlone(TextTowerName.Served(model.Name), lack);
        }
        catalog.Open([.. _opened.Select(model => model.Info)]);
        return Task.CompletedTask;
    }

    public override Task StartedAsync(CancellationToken cancellationToken)
    {
        _reading = Task.Factory.StartNew(ReadAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return Task.CompletedTask;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _reading.WaitAsync(cancellationToken);
    }

    /// <summary>Closes the files; after the last segment was freed.</summary>
    public void Dispose()
    {
        _stopping.Dispose();
        foreach (OpenedModel model in _opened)
            model.Checkpoint.Dispose();
    }

    private void ReadAll()
    {
        List<ModelCard> read = [];
        foreach ((int index, OpenedModel model) in _opened.Index())
        {
            try
            {
                string fingerprint = model.Checkpoint.ComputeFingerprint(_stopping.Token);
                read.Add(ModelCard.From(model.Name, fingerprint, model.Facts));
                LogRead(model.Name, fingerprint);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogUnreadable(exception, model.Name);
                ImmutableInterlocked.Update(ref _faults, faults => faults.Add(new(model.Name, exception.Message)));
                catalog.Publish(model.Info with { State = ModelState.Failed, Failure = exception.Message });
            }
            if (!IsFollowed(index))
                Offer(read);
        }
    }

    /// <summary>The towers of a checkpoint are offered together: the first is planned with the memory of both.</summary>
    private bool IsFollowed(int index) => index + 1 < _opened.Length && _opened[index + 1].Name == TextTowerName.Of(_opened[index].Name);

    private void Offer(List<ModelCard> read)
    {
        ImmutableInterlocked.Update(ref _cards, cards => cards.AddRange(read));
        read.Clear();
        Changed?.Invoke();
    }

    [LoggerMessage(5161, LogLevel.Information, "Model {Model} has fingerprint {Fingerprint}")]
    private partial void LogRead(string model, string fingerprint);

    [LoggerMessage(5163, LogLevel.Warning, "The text tower of model {Model} is not served, its images are: {Reason}")]
    private partial void LogNoTexts(string model, string reason);

    [LoggerMessage(5164, LogLevel.Warning, "Model {Model} takes token ids and no strings: {Reason}")]
    private partial void LogIdsAlone(string model, string reason);

    [LoggerMessage(5162, LogLevel.Error, "The weights of model {Model} cannot be read")]
    private partial void LogUnreadable(Exception failure, string model);
}

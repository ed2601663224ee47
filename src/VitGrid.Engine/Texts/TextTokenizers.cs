using System.Collections.Concurrent;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Text;

namespace VitGrid.Engine.Texts;

/// <summary>
/// Cuts texts into the tokens of each model's text tower. A process that has the model's files opened its tokenizer with them; another one
/// fetches it once. Thread-safe.
/// </summary>
/// <param name="fetch">Brings the tokenizer of a model whose files are not here; null: every model's are.</param>
public sealed class TextTokenizers(FetchTokenizer? fetch = null)
{
    /// <summary>Characters of a text at most; a longer one is refused, not cut.</summary>
    public const int MaxCharacters = TokenizerOptions.DefaultMaxCharacters;

    private readonly ConcurrentDictionary<string, ITextTokenizer> _present = new();
    private readonly ConcurrentDictionary<(string Name, string? Fingerprint), Lazy<Task<ITextTokenizer>>> _fetched = new();

    /// <summary>Lists the tokenizer of a text tower whose files are here.</summary>
    public void Add(string tower, ITextTokenizer tokenizer) => _present[tower] = tokenizer;

    /// <summary>Cuts a text into tokens.</summary>
    /// <param name="model">A served model.</param>
    /// <param name="text">The text.</param>
    /// <param name="truncate">Whether a longer text than the tower takes is cut, as the model's class does: the end token stays.</param>
    /// <param name="cancellationToken">Gives up while a tokenizer is fetched.</param>
    /// <exception cref="GridException">The model takes no text, or not this one.</exception>
    public async ValueTask<TokenIds> TokenizeAsync(ModelInfo model, string text, bool truncate, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        ModelInfo tower = TowerOf(model);
        if (tower.Text!.TokenizerFault is { } fault)
        {
            throw new GridException(
                GridFault.InvalidRequest, $"model '{tower.ServedName}' takes token ids alone, for its texts cannot be cut: {fault}");
        }
        ITextTokenizer tokenizer = _present.TryGetValue(tower.Name, out ITextTokenizer? present)
            ? present : await FetchAsync(tower, cancellationToken);
        TokenizedText tokens = Encode(tokenizer, tower, text);
        return tokens.IsTruncated && !truncate
            ? throw new GridException(
                GridFault.InvalidRequest,
                $"the text has {tokens.UntruncatedLength} tokens; model '{tower.ServedName}' reads {tower.Text.ContextLength}: send a "
                    + "shorter one, or let it be cut")
            : TokenIds.Check(tower, tokens.Ids, tokens.UntruncatedLength);
    }

    /// <summary>Takes ids of the caller's own, with the start and end tokens that the model's class sets.</summary>
    /// <param name="model">A served model.</param>
    /// <param name="ids">The ids; padding may be left out where vectors do not depend on it.</param>
    /// <exception cref="GridException">The model takes no text, or not these ids.</exception>
    public static TokenIds Accept(ModelInfo model, ReadOnlySpan<int> ids)
    {
        ModelInfo tower = TowerOf(model);
        TextFacts facts = tower.Text!;
        if (facts is { PadsToContext: true, TokenizerFault: not null } && ids.Length != facts.ContextLength)
        {
            throw new GridException(
                GridFault.InvalidRequest,
                $"{ids.Length} ids were sent; vectors of model '{tower.ServedName}' depend on the padding, which is not known here: send "
                    + $"all {facts.ContextLength}");
        }
        return TokenIds.Check(tower, ids.ToArray(), ids.Length);
    }

    /// <summary>The tower that reads texts for a served model.</summary>
    /// <exception cref="GridException">It has none.</exception>
    private static ModelInfo TowerOf(ModelInfo model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.TextTower ?? throw Refusals.TakesNoText(model);
    }

    private static TokenizedText Encode(ITextTokenizer tokenizer, ModelInfo tower, string text)
    {
        try
        {
            return tokenizer.Encode(text);
        }
        catch (TextException exception)
        {
            throw new GridException(GridFault.InvalidRequest, $"model '{tower.ServedName}': {exception.Message}", exception);
        }
    }

    private async Task<ITextTokenizer> FetchAsync(ModelInfo tower, CancellationToken cancellationToken)
    {
        (string Name, string? Fingerprint) key = (tower.Name, tower.Fingerprint);
        Lazy<Task<ITextTokenizer>> fetching = _fetched.GetOrAdd(key, _ => new(() => FetchAsync(tower)));
        try
        {
            ITextTokenizer fetched = await fetching.Value.WaitAsync(cancellationToken);
            Forget(key);
            return fetched;
        }
        catch (Exception) when (fetching.Value.IsFaulted)
        {
            // The next text tries again.
            _fetched.TryRemove(new(key, fetching));
            throw;
        }
    }

    /// <summary>Lets go of tokenizers of other revisions of a model.</summary>
    private void Forget((string Name, string? Fingerprint) present)
    {
        foreach ((string Name, string? Fingerprint) other in _fetched.Keys.Where(key => key.Name == present.Name && key != present))
            _fetched.TryRemove(other, out _);
    }

    private Task<ITextTokenizer> FetchAsync(ModelInfo tower) =>
        fetch?.Invoke(tower) ?? Task.FromException<ITextTokenizer>(new GridException(
            GridFault.ModelLoading,
            $"the tokenizer of model '{tower.ServedName}' is not in this process; send texts to one that has its files"));
}

/// <summary>Brings the tokenizer of a text tower whose files are in another process.</summary>
/// <exception cref="GridException">It cannot be had now.</exception>
public delegate Task<ITextTokenizer> FetchTokenizer(ModelInfo tower);

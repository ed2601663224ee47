using System.Globalization;
using VitGrid.Text.Added;

namespace VitGrid.Text.Reading;

/// <summary>A folder with what its files and the caller say.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Config">What the small files say.</param>
/// <param name="Options">What the caller asks for.</param>
internal sealed record TokenizerSource(TokenizerFolder Folder, TokenizerConfig Config, TokenizerOptions Options)
{
    private const int MinContext = 3, MaxContext = 65_536;

    /// <summary>The most tokens of a text.</summary>
    /// <param name="otherwise">Where no file says anything.</param>
    /// <exception cref="TokenizerException">It is out of range.</exception>
    public int ContextLength(int otherwise)
    {
        int? positions = TextPositions.Read(Folder);
        int length = Options.ContextLength ?? Math.Min(Config.MaxTokens ?? int.MaxValue, positions ?? Config.MaxTokens ?? otherwise);
        return length is >= MinContext and <= MaxContext
            ? length
            : throw new TokenizerException(string.Create(CultureInfo.InvariantCulture,
                $"a context length of {length} tokens for {Folder.Path} is not within {MinContext} and {MaxContext}"));
    }

    /// <summary>The id of a special token.</summary>
    /// <param name="name">What it is called, such as <c>eos_token</c>.</param>
    /// <param name="otherwise">How it is written where no file says so.</param>
    /// <param name="vocabulary">Ids by piece.</param>
    /// <param name="added">Further tokens.</param>
    /// <exception cref="TokenizerException">It has none.</exception>
    public int IdOf(string name, string otherwise, IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<AddedToken> added)
    {
        string content = Config.Content(name, otherwise);
        if (added.LastOrDefault(token => token.Content == content) is { } known)
            return known.Id;
        return vocabulary.TryGetValue(content, out int id)
            ? id
            : throw new TokenizerException($"the tokenizer of {Folder.Path} has no '{content}', which is its {name}");
    }
}

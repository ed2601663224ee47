using VitGrid.Text.Added;
using VitGrid.Text.SentencePiece;

namespace VitGrid.Text.Reading;

/// <summary>Reads SigLIP's tokenizer: <c>spiece.model</c>, or a unigram <c>tokenizer.json</c> where there is none.</summary>
internal static class SiglipReader
{
    public const string FileName = "spiece.model";

    private const int Context = 64;
    private const string End = "</s>", Unknown = "<unk>";

    public static ITextTokenizer Read(TokenizerSource source) => source.Folder.Has(FileName)
        ? FromModel(source)
        : UnigramJsonReader.Read(source, TokenizerJson.Read(source.Folder, "tokenizer.json"), Context);

    private static SiglipTokenizer FromModel(TokenizerSource source)
    {
        string file = source.Folder.PathOf(FileName);
        SentencePieceModel model = SentencePieceModel.Read(source.Folder.Read(FileName), file);
        if (model.IsBpe)
            throw new TokenizerException($"{file} is a BPE model; SigLIP's is a unigram one");
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach ((int id, Piece piece) in model.Pieces.Index())
            ids[piece.Text] = id;
        List<AddedToken> special = [.. Special(source.Config, ids)];
        return new(model, special, file)
        {
            ContextLength = source.ContextLength(Context),
            MaxCharacters = source.Options.MaxCharacters,
            EndId = source.IdOf("eos_token", End, ids, special),
            PadId = source.IdOf("pad_token", End, ids, special),
        };
    }

    /// <summary>Tokens the class finds in a text: those its files name; others, such as <c>&lt;pad&gt;</c>, are text.</summary>
    private static IEnumerable<AddedToken> Special(TokenizerConfig config, Dictionary<string, int> ids)
    {
        string[] named = [config.Content("eos_token", End), config.Content("unk_token", Unknown), config.Content("pad_token", End)];
        return config.Added.Concat(named.Where(ids.ContainsKey).Select(content => new AddedToken(content, ids[content], false)));
    }
}

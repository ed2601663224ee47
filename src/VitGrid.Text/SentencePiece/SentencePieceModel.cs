using System.Globalization;

namespace VitGrid.Text.SentencePiece;

/// <summary>A <c>spiece.model</c> or <c>tokenizer.model</c>: SentencePiece's protobuf (<c>sentencepiece_model.proto</c>).</summary>
internal sealed record SentencePieceModel
{
    private const int MaxPieces = 2_000_000;
    private const int MaxPieceLength = 256;
    private const int Unigram = 1, Bpe = 2;

    /// <summary>The pieces by id.</summary>
    public IReadOnlyList<Piece> Pieces { get; private init; } = [];

    /// <summary>Whether pieces are merged in the order of their scores instead of chosen by likelihood.</summary>
    public bool IsBpe { get; private init; }

    /// <summary>Whether an unknown character becomes its bytes.</summary>
    public bool HasByteFallback { get; private init; }

    /// <summary>The id of what is not known.</summary>
    public int UnknownId { get; private init; }

    /// <summary>The compiled table of character changes; empty: none.</summary>
    public byte[] Charsmap { get; private init; } = [];

    /// <summary>Whether a text gets a blank in front.</summary>
    public bool AddsPrefix { get; private init; } = true;

    /// <summary>Whether blanks are collapsed and stripped.</summary>
    public bool RemovesExtraBlanks { get; private init; } = true;

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="TokenizerException">It is damaged or of a kind that is not read.</exception>
    public static SentencePieceModel Read(ReadOnlySpan<byte> bytes, string file)
    {
        Parts parts = new();
        ProtobufReader reader = new(bytes, file);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 1 when parts.Pieces.Count == MaxPieces:
                    throw new TokenizerException($"{file} has more than {MaxPieces} pieces");
                case 1:
                    parts.Pieces.Add(ReadPiece(reader.Bytes, file));
                    break;
                case 2:
                    parts.ReadTrainer(reader.Bytes, file);
                    break;
                case 3:
                    parts.ReadNormalizer(reader.Bytes, file);
                    break;
                case 5 when reader.Bytes.Length > 0:
                    throw new TokenizerException($"{file} has a denormalizer, which no tokenizer here has; is it of another kind?");
                default:
                    break;
            }
        }
        return parts.Check(file);
    }

    private static Piece ReadPiece(ReadOnlySpan<byte> bytes, string file)
    {
        (string text, float score, PieceKind kind) = ("", 0, PieceKind.Normal);
        ProtobufReader reader = new(bytes, file);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 1:
                    text = reader.Text;
                    break;
                case 2:
                    score = reader.Single;
                    break;
                case 3:
                    kind = (PieceKind)reader.Number;
                    break;
                default:
                    break;
            }
        }
        if (text.Length is 0 or > MaxPieceLength || !float.IsFinite(score) || !Enum.IsDefined(kind))
            throw new TokenizerException(string.Create(CultureInfo.InvariantCulture,
                $"{file} is damaged: a piece of {text.Length} characters (1 to {MaxPieceLength} are read), score {score} and kind "
                + $"{(int)kind}; fetch it anew"));
        return new(text, score, kind);
    }

    /// <summary>What is read before it is known to be whole.</summary>
    private sealed class Parts
    {
        private byte[] _charsmap = [];
        private bool _adds = true, _removes = true, _escapes = true, _suffix, _bytes;
        private ulong _kind = Unigram, _unknown;

        public List<Piece> Pieces { get; } = [];

        public void ReadTrainer(ReadOnlySpan<byte> bytes, string file)
        {
            ProtobufReader reader = new(bytes, file);
            while (reader.MoveNext())
            {
                switch (reader.Field)
                {
                    case 3:
                        _kind = reader.Number;
                        break;
                    case 24:
                        _suffix = reader.Number != 0;
                        break;
                    case 35:
                        _bytes = reader.Number != 0;
                        break;
                    case 40:
                        _unknown = reader.Number;
                        break;
                    default:
                        break;
                }
            }
        }

        public void ReadNormalizer(ReadOnlySpan<byte> bytes, string file)
        {
            ProtobufReader reader = new(bytes, file);
            while (reader.MoveNext())
            {
                switch (reader.Field)
                {
                    case 2:
                        _charsmap = reader.Bytes.ToArray();
                        break;
                    case 3:
                        _adds = reader.Number != 0;
                        break;
                    case 4:
                        _removes = reader.Number != 0;
                        break;
                    case 5:
                        _escapes = reader.Number != 0;
                        break;
                    default:
                        break;
                }
            }
        }

        public SentencePieceModel Check(string file)
        {
            if (Pieces.Count == 0)
                throw new TokenizerException($"{file} has no pieces: it is no SentencePiece model, or it is cut off");
            if (_kind is not (Unigram or Bpe))
                throw new TokenizerException($"{file} is a SentencePiece model of kind {_kind}; read are 1 (unigram) and 2 (BPE)");
            if (_suffix || !_escapes)
                throw new TokenizerException($"{file} writes blanks in another way than ▁ before words; ids would not be exact here");
            int unknown = Pieces.FindIndex(piece => piece.Kind == PieceKind.Unknown);
            if (unknown < 0)
                throw new TokenizerException($"{file} has no piece for what is unknown (its trainer says {_unknown})");
            return new()
            {
                Pieces = Pieces, IsBpe = _kind == Bpe, HasByteFallback = _bytes, UnknownId = unknown, Charsmap = _charsmap,
                AddsPrefix = _adds, RemovesExtraBlanks = _removes,
            };
        }
    }
}

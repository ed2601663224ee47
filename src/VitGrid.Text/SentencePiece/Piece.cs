namespace VitGrid.Text.SentencePiece;

/// <summary>A piece of the vocabulary; its place is its id.</summary>
/// <param name="Text">The text, with ▁ for a blank.</param>
/// <param name="Score">The logarithm of its probability, or minus its merge's number.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct Piece(string Text, float Score, PieceKind Kind);

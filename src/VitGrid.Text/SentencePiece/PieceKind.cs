namespace VitGrid.Text.SentencePiece;

/// <summary>What a piece is: the numbers of SentencePiece's own file format.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

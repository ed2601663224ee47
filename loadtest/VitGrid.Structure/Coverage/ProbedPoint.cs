namespace VitGrid.Structure.Coverage;

/// <summary>A place in a source file whose running is noted.</summary>
/// <param name="File">Path from the checkout's folder, with forward slashes.</param>
/// <param name="Line">Line from 1.</param>
/// <param name="IsStored">Whether it only reads or writes an automatic property: a declaration of data, nothing to follow.</param>
internal sealed record ProbedPoint(string File, int Line, bool IsStored);

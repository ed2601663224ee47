namespace VitGrid.Text.Added;

/// <summary>A token that is found in a text as it is written, before the text is cut into words.</summary>
/// <param name="Content">How it is written.</param>
/// <param name="Id">Its id.</param>
/// <param name="IsNormalized">Whether it is sought in the normalized text, as a pattern that is normalized too.</param>
/// <param name="StripsLeft">Whether it takes the white space before it.</param>
/// <param name="StripsRight">Whether it takes the white space behind it.</param>
/// <param name="IsSingleWord">Whether it counts only where no letter or digit touches it.</param>
internal sealed record AddedToken(
    string Content, int Id, bool IsNormalized, bool StripsLeft = false, bool StripsRight = false, bool IsSingleWord = false);

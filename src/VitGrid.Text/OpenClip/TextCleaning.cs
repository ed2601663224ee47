namespace VitGrid.Text.OpenClip;

/// <summary>What OpenCLIP does to a text before another library's tokenizer sees it.</summary>
internal enum TextCleaning
{
    /// <summary>White space alone.</summary>
    WhiteSpace,

    /// <summary>White space and case.</summary>
    Lower,

    /// <summary>White space, case and punctuation.</summary>
    Canonicalize,
}

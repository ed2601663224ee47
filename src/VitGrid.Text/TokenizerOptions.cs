namespace VitGrid.Text;

/// <summary>What is asked of a tokenizer beyond its files.</summary>
public sealed record TokenizerOptions
{
    /// <summary>UTF-16 code units of the longest text that is read where nothing else is said.</summary>
    public const int DefaultMaxCharacters = 100_000;

    /// <summary>Positions of the text tower; null: as the folder's files say.</summary>
    public int? ContextLength { get; init; }

    /// <summary>
    /// Whether Gemma's tokenizer of SigLIP 2 lower-cases; null: yes, unless the folder says <c>do_lower_case: false</c>. False is what
    /// transformers' AutoTokenizer does.
    /// </summary>
    public bool? LowerCase { get; init; }

    /// <summary>Whether a text is cleaned as OpenCLIP cleans it; null: where the folder is OpenCLIP's alone.</summary>
    public bool? OpenClip { get; init; }

    /// <summary>UTF-16 code units of the longest text that is read.</summary>
    public int MaxCharacters { get; init; } = DefaultMaxCharacters;
}

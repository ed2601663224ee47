namespace VitGrid.Text;

/// <summary>A text that no tokenizer of the kind has ids for.</summary>
public sealed class TextException(string message) : Exception(message)
{
    /// <summary>Whether the text is refused for its length.</summary>
    public bool IsTooLong { get; init; }
}

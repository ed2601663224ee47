namespace VitGrid.Text;

/// <summary>Files of a tokenizer that cannot be read, or that describe one whose ids would not be exact here.</summary>
public sealed class TokenizerException(string message, Exception? inner = null) : Exception(message, inner);

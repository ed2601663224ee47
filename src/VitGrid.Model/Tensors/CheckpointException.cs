namespace VitGrid.Model.Tensors;

/// <summary>
/// A checkpoint that cannot be used. The message names the file, the tensor or key, the value found, the limit and the remedy.
/// </summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);

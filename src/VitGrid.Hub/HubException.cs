namespace VitGrid.Hub;

/// <summary>A model cannot be fetched; the message says why and what helps.</summary>
public sealed class HubException(string message, Exception? inner = null) : Exception(message, inner);

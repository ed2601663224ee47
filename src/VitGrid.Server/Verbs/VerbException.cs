namespace VitGrid.Server.Verbs;

/// <summary>A verb that cannot go on. The message is all the user sees: the thing, its value, the limit and the remedy.</summary>
internal class VerbException(string message) : Exception(message);

/// <summary>A value that parses but cannot be used; answered like every other wrong usage.</summary>
internal sealed class UsageException(string message) : VerbException(message);

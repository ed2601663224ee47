namespace VitGrid.Server.Hosting;

/// <summary>
/// Whether an exception's stack is worth its lines: of one kind from one place once a second, however often it comes. Any thread may call.
/// </summary>
internal sealed class StackThrottle(TimeProvider time)
{
    private const int MaxKinds = 256;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<StackKind, long> _told = [];

    /// <summary>Whether the stack is due; it is then taken for told.</summary>
    public bool IsDue(StackKind kind)
    {
        lock (_gate)
        {
            if (_told.TryGetValue(kind, out long last) && time.GetElapsedTime(last) < Between)
                return false;
            if (_told.Count >= MaxKinds)
                _told.Clear();
            _told[kind] = time.GetTimestamp();
            return true;
        }
    }
}

/// <summary>What makes two exceptions the same for a reader of logs.</summary>
/// <param name="Category">Who logged it.</param>
/// <param name="Number">The event's number.</param>
/// <param name="Type">The exception's type, and that of what caused it.</param>
internal readonly record struct StackKind(string Category, int Number, (Type Outer, Type? Inner) Type)
{
    /// <summary>The kind of an exception that was logged.</summary>
    public static StackKind From(string category, int number, Exception exception) =>
        new(category, number, (exception.GetType(), exception.InnerException?.GetType()));
}

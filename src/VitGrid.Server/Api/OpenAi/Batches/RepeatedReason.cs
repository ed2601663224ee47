namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>
/// Why something that is tried again and again does not go: said when it is another reason, and the same one once a minute.
/// </summary>
/// <param name="time">Clock.</param>
internal sealed class RepeatedReason(TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(1);

    private string? _said;
    private long _at;

    /// <summary>Whether this reason is to be said now.</summary>
    public bool IsNews(string reason)
    {
        if (reason == _said && time.GetElapsedTime(_at) < Between)
            return false;
        (_said, _at) = (reason, time.GetTimestamp());
        return true;
    }

    /// <summary>It went: the next reason is news, whatever it is.</summary>
    public void Forget() => _said = null;
}

namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>
/// What may be spent on a text. ftfy goes over a text until nothing changes; a text can be made that changes at one place each time, so
/// that its square would be spent on it.
/// </summary>
/// <param name="length">Code units of the text.</param>
internal sealed class MendingBudget(int length)
{
    /// <summary>Times that a text is gone over: enough for all texts that were not made to be slow.</summary>
    private const int Times = 16;

    /// <summary>A short text may change as often as it has characters.</summary>
    private const long Least = 1 << 22;

    private long _left = Least + ((long)Times * length);

    /// <summary>Takes one way over so many code units.</summary>
    /// <returns>False: all is spent; the text stays as it is.</returns>
    public bool TryTake(int codeUnits)
    {
        _left -= codeUnits;
        return _left >= 0;
    }
}

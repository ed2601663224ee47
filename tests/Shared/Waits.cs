namespace VitGrid.Testing;

/// <summary>How long tests wait.</summary>
internal static class Waits
{
    /// <summary>Only reached when something never happens; the assertion then says what.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What other processes do is asked for so often.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until something is so that another process does, which tells nobody.</summary>
    public static async Task UntilAsync(Func<Task<bool>> wanted, string what)
    {
        using CancellationTokenSource limit = new(Limit);
        while (!await wanted())
        {
            Assert.False(limit.IsCancellationRequested, $"this never came to be: {what}");
            await Task.Delay(Glance, CancellationToken.None);
        }
    }
}

namespace VitGrid.Page.Trying;

/// <summary>Where a request's time went, as <c>Server-Timing</c> says it. Pure.</summary>
internal static class ServerTimings
{
    /// <summary>Stages and their milliseconds, in the header's order.</summary>
    public static IReadOnlyList<(string Stage, double Milliseconds)> Read(string header)
    {
        List<(string, double)> stages = [];
        foreach (string entry in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = entry.Split(";dur=");
            if (parts is [var stage, var text] && double.TryParse(text, CultureInfo.InvariantCulture, out double milliseconds))
                stages.Add((stage, milliseconds));
        }
        return stages;
    }
}

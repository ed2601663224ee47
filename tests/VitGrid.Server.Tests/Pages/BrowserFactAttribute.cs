namespace VitGrid.Server.Tests.Pages;

/// <summary>
/// A test that drives a real browser against real processes: skipped where there is no Chromium or no Redis, except in CI, which must have
/// both.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        string[] missing = [.. ((string[])["chromium", "redis-server"]).Where(program => Find(program) is null)];
        if (missing.Length > 0 && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"{string.Join(" and ", missing)} not on the path; install it (apt-get install {string.Join(' ', missing)})";
    }

    /// <summary>Where a program lies; null: it is not there.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}

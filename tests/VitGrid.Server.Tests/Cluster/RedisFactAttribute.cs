namespace VitGrid.Server.Tests.Cluster;

/// <summary>A test that needs <c>redis-server</c>: skipped where there is none, except in CI, which must have one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute()
    {
        bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(
            folder => File.Exists(Path.Combine(folder, "redis-server")));
        if (!found && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "redis-server is not on the path; install it (apt-get install redis-server)";
    }
}

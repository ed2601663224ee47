namespace VitGrid.Server.Tests.Cluster;

/// <summary>The same as <see cref="RedisFactAttribute"/> for a test with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RedisTheoryAttribute : TheoryAttribute
{
    public RedisTheoryAttribute() => Skip = new RedisFactAttribute().Skip;
}

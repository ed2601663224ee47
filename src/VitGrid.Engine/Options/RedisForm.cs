namespace VitGrid.Engine.Options;

/// <summary>How the settings that name a Redis are written.</summary>
internal static class RedisForm
{
    /// <summary>For messages and the table of settings.</summary>
    public const string Text = "HOST:PORT, a StackExchange.Redis configuration, `redis://` or `rediss://`";
}

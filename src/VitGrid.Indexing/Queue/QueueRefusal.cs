namespace VitGrid.Indexing.Queue;

/// <summary>Why Redis lets nobody in, as its answers say. Pure.</summary>
internal static class QueueRefusal
{
    private static readonly (string Sign, string Meaning)[] Signs =
    [
        ("WRONGPASS", "user or password are wrong (WRONGPASS); correct user and password of Indexing:Redis, or Indexing:RedisPasswordFile"),
        ("invalid password", "the password is wrong; correct that of Indexing:Redis, or Indexing:RedisPasswordFile"),
        ("NOAUTH", "it wants a password (NOAUTH) and none is given; name the file that holds it in Indexing:RedisPasswordFile"),
        ("AuthenticationFailure",
            "user or password are wrong, or missing; correct user and password of Indexing:Redis, or Indexing:RedisPasswordFile"),
        ("NOPERM", "the user lacks rights (NOPERM); docs/operations.md lists those that the queue needs"),
        ("MOVED ", "it is a Redis Cluster, which the queue does not support; name a single Redis, with replicas if you like"),
    ];

    /// <summary>The meaning of an exception; null when it does not say that somebody was refused.</summary>
    /// <param name="exception">The failure of a command or a connection.</param>
    public static string? Describe(Exception exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            foreach ((string sign, string meaning) in Signs)
            {
                if (inner.Message.Contains(sign, StringComparison.OrdinalIgnoreCase))
                    return meaning;
            }
        }
        return null;
    }
}

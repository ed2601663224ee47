using System.Buffers.Text;
using System.Security.Cryptography;

namespace VitGrid.Server.Api.Access;

/// <summary>
/// Keys that were typed into this process's page, each under the random name that its browser keeps in a cookie: a cookie goes to every
/// port of a host, so it holds no key. At most <see cref="MaxSessions"/>, of which the one unused longest goes first. Any thread may call.
/// </summary>
internal sealed class PageSessions(TimeProvider time)
{
    public const int MaxSessions = 1_000;
    public const string Cookie = "vitgrid-page";

    private const int NameBytes = 32;
    private static readonly TimeSpan MaxUnused = TimeSpan.FromHours(12);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Key, DateTimeOffset Used)> _sessions = [];

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _sessions.Count;
        }
    }

    /// <summary>Begins a session, and gives its browser the cookie.</summary>
    public void Begin(HttpContext context, string key)
    {
        string name = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NameBytes));
        lock (_gate)
        {
            while (_sessions.Count >= MaxSessions)
                _sessions.Remove(_sessions.MinBy(session => session.Value.Used).Key);
            _sessions[name] = (key, time.GetUtcNow());
        }
        context.Response.Cookies.Append(Cookie, name, OptionsOf(context));
    }

    /// <summary>The key of the session that a request's cookie names; null: there is none.</summary>
    public string? Find(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { } name)
            return null;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(name, out var session))
                return null;
            DateTimeOffset now = time.GetUtcNow();
            if (now - session.Used > MaxUnused)
            {
                _sessions.Remove(name);
                return null;
            }
            _sessions[name] = (session.Key, now);
            return session.Key;
        }
    }

    /// <summary>Ends a request's session, if it has one.</summary>
    public void End(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { } name)
            return;
        lock (_gate)
            _sessions.Remove(name);
        context.Response.Cookies.Delete(Cookie, OptionsOf(context));
    }

    private static CookieOptions OptionsOf(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
    };
}

/// <summary>Metadata of an endpoint of the page: where no key comes in a header, the one of the browser's session counts.</summary>
internal sealed record TakesPageSession;

using System.CommandLine;
using VitGrid.Access.Audit;
using VitGrid.Access.Connections;
using VitGrid.Access.Keys;
using VitGrid.Access.Options;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Hosting;
using VitGrid.Server.Verbs.Audit;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.Verbs.Keys;

/// <summary>Where the verbs of <c>vitgrid keys</c> find keys: as the server does, by flag or configuration.</summary>
internal sealed class KeysConnection : IAsyncDisposable
{
    private readonly ILoggerFactory _loggers = LoggerFactory.Create(logging => logging.AddOneLineConsole());
    private readonly AuditLog _audit;

    private KeysConnection(AuthOptions auth)
    {
        Redis = auth.Redis is null ? null : new(auth.Redis, auth.RedisLogin, auth.KeyPrefix);
        Store = KeyStores.From(auth, Redis);
        Administration = new(Store, TimeProvider.System);
        _audit = new(Redis, TimeProvider.System, _loggers);
    }

    /// <summary>Redis of keys, usage and audit; null: there is none.</summary>
    public AccessRedis? Redis { get; }

    /// <summary>Where the keys are.</summary>
    public IKeyStore Store { get; }

    /// <summary>Changes them.</summary>
    public KeyAdministration Administration { get; }

    /// <summary>The file of keys.</summary>
    public static Option<string?> FileOption() => ValueOption.From<string?>(
        "--file", "FILE", "File of the keys [default: VitGrid:Auth:KeyFile, else Redis where it is named, else vitgrid/keys.json in the "
            + "user's data folder]", text => text);

    /// <summary>The Redis of keys.</summary>
    public static Option<string?> RedisOption() => ValueOption.From<string?>(
        "--redis", "HOST:PORT", "Redis of the keys, of what they used, and of the audit stream [default: VitGrid:Auth:Redis]",
        text => text);

    /// <summary>The key a verb is about.</summary>
    public static Argument<string> Key() => new("NAME") { Description = "The key's name or id, as 'vitgrid keys list' prints them" };

    /// <summary>Opens as flags and configuration say.</summary>
    /// <exception cref="UsageException">The address of Redis is malformed.</exception>
    public static KeysConnection Open(ParseResult parsed, string? file, string? redis)
    {
        IEnumerable<KeyValuePair<string, string?>> settings = parsed.UnmatchedTokens.Select(token => ServeFlags.ReadSetting(token, "keys"));
        AuthOptions auth = OptionsReader.Read(ServerConfiguration.Load(parsed.GetValue(SharedOptions.Config), settings)).Auth;
        // Who names Redis at the command line means the keys in it.
        auth = auth with { KeyFile = file ?? (redis is null ? auth.KeyFile : null), Redis = redis ?? auth.Redis };
        try
        {
            return new(auth);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"--redis {exception.Message}");
        }
    }

    /// <summary>Writes down who did what.</summary>
    public Task AuditAsync(string deed, ApiKey key) => _audit.WriteAsync(VerbAudit.Entry(deed, key.ToString()));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Redis is not null)
            await Redis.DisposeAsync();
        _loggers.Dispose();
    }
}

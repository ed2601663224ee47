using VitGrid.Redis;
using VitGrid.Settings;

namespace VitGrid.Access.Options;

/// <summary>Whether requests need a key.</summary>
public enum AuthMode
{
    /// <summary>Nobody is asked who they are, wherever the server listens.</summary>
    Off,

    /// <summary>Every endpoint but health needs a key or a token.</summary>
    Required,
}

/// <summary>Who may come in: where the keys are, and how long what is known of them holds.</summary>
public sealed record AuthOptions
{
    /// <summary>Whether requests need a key; null: as soon as the server listens beyond loopback.</summary>
    [Setting("whether requests need a key; auto: required as soon as an address of `Http:Urls` is not loopback. Off beyond loopback is "
        + "warned of", Automatic = "auto")]
    public AuthMode? Mode { get; init; }

    /// <summary>
    /// File of the keys' hashes; null: Redis where one is named, else <c>vitgrid/keys.json</c> in the user's data folder.
    /// </summary>
    [Setting("file of the keys, which `vitgrid keys` writes; it holds hashes only. None: `Auth:Redis` where it is named, else "
        + "`vitgrid/keys.json` in the user's data folder", Form = "a path such as `/var/lib/vitgrid/keys.json`")]
    public string? KeyFile { get; init; }

    /// <summary>Redis that holds keys, counts, and the audit stream; null: each process counts alone. It must keep its data.</summary>
    [Setting("Redis that holds keys (unless `KeyFile` is named), what each has used, and the audit stream; none: each process counts "
        + "limits alone. `noeviction` and an append-only file",
        Form = "HOST:PORT, a StackExchange.Redis configuration, `redis://` or `rediss://`")]
    public string? Redis { get; init; }

    /// <summary>File whose text is Redis' password; null: the address has it, or none is needed.</summary>
    [Setting("file with the password of `Auth:Redis`", Form = "a file")]
    public string? RedisPasswordFile { get; init; }

    /// <summary>PEM file of the authorities that sign Redis' certificate; null: those that the machine trusts.</summary>
    [Setting("PEM file of the authorities that sign its certificate, for `rediss://`; none: those that the machine trusts",
        Form = "a file")]
    public string? RedisAuthorityFile { get; init; }

    /// <summary>What stands before every key and channel in that Redis.</summary>
    [Setting("what stands before every key and channel there; `keys` verbs need the same. None: `Cluster:KeyPrefix`",
        Form = KeyPrefixForm.Text, Accepts = nameof(IsPrefix))]
    public string? KeyPrefix { get; init; }

    /// <summary>Time after which a process has heard of a new, changed or revoked key, whatever was lost on the way.</summary>
    [Setting("time after which every process has heard of a new, changed or revoked key at the latest; with Redis it mostly hears at once",
        Unit = "ms", Min = 100, Max = 60_000)]
    public int RefreshMilliseconds { get; init; } = 2_000;

    /// <summary>Time for which known keys go on when neither file nor Redis can be read.</summary>
    [Setting("time for which known keys go on while file or Redis cannot be read; others get 503 meanwhile, and then all", Unit = "s",
        Min = 0, Max = 86_400)]
    public int OutageSeconds { get; init; } = 600;

    /// <summary>Requests without a valid key that an address may send in a minute before it is answered 429.</summary>
    [Setting("requests without a valid key that one address may send in a minute before they are answered 429; valid keys are not held up",
        Unit = "requests", Min = 1, Max = 1_000_000)]
    public int FailuresPerMinute { get; init; } = 100;

    /// <summary>The issuer whose tokens are taken beside keys; null: none.</summary>
    [Section]
    public JwtOptions? Jwt { get; init; }

    /// <summary>What the connection to <see cref="Redis"/> needs beside its address.</summary>
    public RedisLogin RedisLogin => new(RedisPasswordFile, RedisAuthorityFile);

    /// <summary><see cref="RefreshMilliseconds"/>.</summary>
    public TimeSpan Refresh => TimeSpan.FromMilliseconds(RefreshMilliseconds);

    /// <summary><see cref="OutageSeconds"/>.</summary>
    public TimeSpan Outage => TimeSpan.FromSeconds(OutageSeconds);

    private static bool IsPrefix(string text) => KeyPrefixForm.Accepts(text);
}

/// <summary>An OpenID Connect issuer whose JSON Web Tokens are taken as <c>Authorization: Bearer</c>.</summary>
public sealed record JwtOptions
{
    /// <summary>The issuer; its signing keys are found by <c>/.well-known/openid-configuration</c> below it.</summary>
    [Setting("the OpenID Connect issuer whose tokens are taken; its keys are found by `/.well-known/openid-configuration` below it",
        Form = "an address `https://…` (`http://` on loopback only); Authority and Audience stand together",
        Accepts = nameof(IsAuthority))]
    public required string Authority { get; init; }

    /// <summary>The audience that tokens must be made for.</summary>
    [Setting("the audience (`aud`) that tokens must be made for", Form = "a name or address; Authority and Audience stand together")]
    public required string Audience { get; init; }

    /// <summary>The claim that holds scopes, as a list or as words.</summary>
    [Setting("the claim with the scopes, a list or words with blanks between; words that are no scope here are passed over",
        Form = "a claim's name")]
    public string ScopeClaim { get; init; } = "scope";

    /// <summary>The claim that names whose files, batches and shares a token uses.</summary>
    [Setting("the claim that says whose files, batches and limits a token uses", Form = "a claim's name")]
    public string TenantClaim { get; init; } = "sub";

    /// <summary>Whether the issuer is asked without TLS, which loopback alone may be.</summary>
    public bool IsPlain => Authority.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    private static bool IsAuthority(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback));
}

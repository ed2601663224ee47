using System.Runtime.CompilerServices;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>Finds whose a credential is. Any thread may call.</summary>
/// <param name="keys">The keys.</param>
/// <param name="tokens">Judges tokens; null: none are taken.</param>
/// <param name="defaults">Limits of callers without their own.</param>
internal sealed class CallerFinder(KeyWatch keys, TokenValidator? tokens, KeyLimits defaults)
{
    private readonly ConditionalWeakTable<ApiKey, Caller> _callers = [];

    /// <summary>The caller of a credential.</summary>
    /// <exception cref="ApiException">It is nobody's, or that cannot be said now.</exception>
    public async ValueTask<Caller> FindAsync(Credential credential, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(credential.Text))
            throw Refused("no API key was sent; send it as Authorization: Bearer KEY, as api-key or as x-api-key");
        if (KeyHash.TryFrom(credential.Text, out KeyHash hash))
            return CallerOf(await keys.FindAsync(hash));
        if (tokens is null || !credential.MayBeToken)
            throw Refused(
                $"what was sent as API key cannot be one: a key begins with {KeyHash.Prefix} and has 35 characters; send one whole");
        return await tokens.FindAsync(credential.Text, defaults, cancellationToken);
    }

    private Caller CallerOf(KeyAnswer answer) => answer switch
    {
        { Key: { } key } => _callers.GetValue(key, ToCaller),
        { IsUncertain: true } => throw new ApiException(ApiCode.KeysUnavailable,
            "the keys cannot be read at present, and this one is not known from before; try again in a moment"),
        _ => throw Refused("the API key is not known, or was revoked; ask the operator for a new one"),
    };

    private Caller ToCaller(ApiKey key) => new(key.Id)
    {
        Name = key.Name,
        Scopes = key.Scopes,
        Models = key.Models,
        Lanes = key.Lanes,
        Limits = key.Limits.Over(defaults),
    };

    private static ApiException Refused(string message) => new(ApiCode.InvalidApiKey, message);
}

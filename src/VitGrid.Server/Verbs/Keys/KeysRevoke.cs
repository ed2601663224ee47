using System.CommandLine;
using VitGrid.Access.Keys;

namespace VitGrid.Server.Verbs.Keys;

/// <summary><c>vitgrid keys revoke NAME</c>: a key is refused from now on.</summary>
internal static class KeysRevoke
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> name = KeysConnection.Key();
        Option<string?> file = KeysConnection.FileOption(), redis = KeysConnection.RedisOption();
        Verb verb = new(
            "revoke",
            "Remove a key: every running server refuses it within VitGrid:Auth:RefreshMilliseconds. Its files and batches stay until they "
                + "expire.",
            "vitgrid keys revoke search-team") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(name);
        verb.Add(file);
        verb.Add(redis);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using var keys = KeysConnection.Open(parsed, parsed.GetValue(file), parsed.GetValue(redis));
            ApiKey gone = await keys.Administration.RevokeAsync(parsed.GetRequiredValue(name), cancellation);
            await keys.AuditAsync("keys revoke", gone);
            context.Terminal.Say($"key {gone} is revoked");
            return ExitCode.Done;
        });
        return verb;
    }
}

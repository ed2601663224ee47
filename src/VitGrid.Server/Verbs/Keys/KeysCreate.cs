using System.CommandLine;
using VitGrid.Access.Keys;

namespace VitGrid.Server.Verbs.Keys;

/// <summary><c>vitgrid keys create NAME</c>: a new key, on stdout, once.</summary>
internal static class KeysCreate
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> name = new("NAME") { Description = "What people call it: 1–64 of letters, digits, '-', '_', '.'" };
        Option<Scopes?> scopes = ValueOption.From<Scopes?>(
            "--scopes", "LIST", "What it may do: embed, features, files, batches, index, metrics; admin: everything [default: embed]",
            text => AccessWords.ParseScopes(text) is var read and not Scopes.None ? read : throw new FormatException("no scope is named"));
        Option<string?> models = ValueOption.From<string?>("--models", "LIST", "Models it may use [default: all]", text => text);
        Option<KeyLanes?> lanes = ValueOption.From<KeyLanes?>(
            "--lanes", "LIST", "Lanes it may use: interactive, bulk; batches need bulk [default: both]",
            text => AccessWords.ParseLanes(text) is var read and not KeyLanes.None ? read : throw new FormatException("no lane is named"));
        Option<KeyLimits?> limits = ValueOption.From<KeyLimits?>(
            "--limit", "LIST",
            "What it may use: requests/minute=N, requests/day=N, images/minute=N, images/day=N, bytes/minute=N, bytes/day=N, and "
                + "images/once=N under way [default: VitGrid:RateLimits]", LimitWords.Parse);
        Option<string?> file = KeysConnection.FileOption(), redis = KeysConnection.RedisOption();
        Verb verb = new(
            "create",
            "Make a key and print it on stdout, where it is seen this once: only its hash is kept. No server need run.",
            "vitgrid keys create search-team",
            "vitgrid keys create nightly --scopes files,batches --lanes bulk --limit images/day=1000000",
            "vitgrid keys create scraper --scopes metrics --redis 127.0.0.1:6379") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(name);
        foreach (Option option in (Option[])[scopes, models, lanes, limits, file, redis])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            string called = parsed.GetRequiredValue(name);
            if (!ApiKey.IsName(called) || called.StartsWith(KeyHash.Prefix, StringComparison.Ordinal))
                throw new UsageException("NAME is no name of a key; it takes 1–64 letters, digits, '-', '_' and '.', and does not begin "
                    + $"with {KeyHash.Prefix}");
            await using var keys = KeysConnection.Open(parsed, parsed.GetValue(file), parsed.GetValue(redis));
            NewKey made = await keys.Administration.CreateAsync(
                (id, hash) => new()
                {
                    Id = id,
                    Name = called,
                    Hash = hash,
                    Scopes = parsed.GetValue(scopes) ?? Scopes.Embed,
                    Models = Words(parsed.GetValue(models)),
                    Lanes = parsed.GetValue(lanes) ?? KeyLanes.All,
                    Limits = parsed.GetValue(limits) ?? KeyLimits.None,
                },
                cancellation);
            await keys.AuditAsync("keys create", made.Key);
            context.Terminal.Say(
                $"key {made.Key} is in {keys.Store.Place}; scopes: {AccessWords.Format(made.Key.Scopes)}. It is shown this once:");
            context.Terminal.Out.WriteLine(made.Secret);
            return ExitCode.Done;
        });
        return verb;
    }

    private static string[] Words(string? text) =>
        text?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}

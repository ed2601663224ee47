using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VitGrid.Access.Connections;
using VitGrid.Access.Keys;
using VitGrid.Access.Metering;

namespace VitGrid.Server.Verbs.Keys;

/// <summary>What a caller used on a day, as <c>vitgrid keys usage</c> writes it in JSON.</summary>
/// <param name="Name">The key's name; the id of a key that is gone, or of a token's subject.</param>
/// <param name="Id">The key's id.</param>
/// <param name="Day">The day, by UTC.</param>
/// <param name="Requests">Requests.</param>
/// <param name="Images">Images.</param>
/// <param name="Bytes">Bytes of bodies.</param>
internal sealed record UsedByKey(string Name, string Id, string Day, long Requests, long Images, long Bytes);

/// <summary><c>vitgrid keys usage [NAME]</c>: what keys used, by day.</summary>
internal static class KeysUsage
{
    public static Verb Create(VerbContext context)
    {
        Argument<string?> name = new("NAME") { Description = "The key's name or id [default: all]", Arity = ArgumentArity.ZeroOrOne };
        Option<int?> days = ValueOption.Number(
            "--days", "N", "How many days back, today included [default: 7]", 1, UsageMeter.KeptDays);
        Option<string?> file = KeysConnection.FileOption(), redis = KeysConnection.RedisOption();
        Option<bool> json = new("--json") { Description = "Print one JSON object a key and day, also on a terminal" };
        Verb verb = new(
            "usage",
            "Print the requests, images and bytes of each key by day, newest first, over all front ends. Counted where keys are on and "
                + "VitGrid:Auth:Redis is named; seconds behind.",
            "vitgrid keys usage --redis 127.0.0.1:6379",
            "vitgrid keys usage search-team --days 31 --redis 127.0.0.1:6379 --json") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(name);
        foreach (Option option in (Option[])[days, file, redis, json])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using var keys = KeysConnection.Open(parsed, parsed.GetValue(file), parsed.GetValue(redis));
            IReadOnlyList<UsedByKey> used = await ReadAsync(keys, parsed.GetValue(name), parsed.GetValue(days) ?? 7, cancellation);
            Print(context.Terminal, used, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return verb;
    }

    private static async Task<IReadOnlyList<UsedByKey>> ReadAsync(
        KeysConnection keys, string? name, int days, CancellationToken cancellationToken)
    {
        if (keys.Redis is null)
            throw new UsageException("--redis is missing: what keys used is counted in Redis; name the one of VitGrid:Auth:Redis, such as "
                + "--redis 127.0.0.1:6379");
        Dictionary<string, string> names =
            (await keys.Administration.ListAsync(cancellationToken)).ToDictionary(key => key.Id, key => key.Name);
        string? id = name is null ? null : names.FirstOrDefault(key => key.Value == name).Key ?? name;
        try
        {
            DateOnly today = DateOnly.FromDateTime(DateTime.UtcNow);
            return [.. (await UsageMeter.ReadAsync(keys.Redis, today, days))
                .Where(entry => id is null || entry.Id == id)
                .Select(entry => new UsedByKey(
                    names.GetValueOrDefault(entry.Id, entry.Id), entry.Id, entry.Day.ToString("O", CultureInfo.InvariantCulture),
                    entry.Used.Requests, entry.Used.Images, entry.Used.Bytes))];
        }
        catch (Exception exception) when (AccessRedis.IsOutage(exception))
        {
            throw new KeyStoreException(
                $"Redis {keys.Redis.Name} does not answer ({exception.GetType().Name}); see that it runs", exception);
        }
    }

    private static void Print(Terminal terminal, IReadOnlyList<UsedByKey> used, bool json)
    {
        if (json || !terminal.OutIsTerminal)
        {
            foreach (UsedByKey entry in used)
                terminal.Out.WriteLine(JsonLines.Line(entry));
            return;
        }
        Table table = new Table().AddColumns("day", "key", "requests", "images", "bytes");
        foreach (UsedByKey entry in used)
        {
            table.AddRow(
                entry.Day, Markup.Escape(entry.Name), Amounts.Count(entry.Requests), Amounts.Count(entry.Images),
                Amounts.Bytes(entry.Bytes));
        }
        terminal.OutConsole().Write(table);
    }
}

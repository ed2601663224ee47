using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VitGrid.Access.Keys;

namespace VitGrid.Server.Verbs.Keys;

/// <summary>A key as <c>vitgrid keys list</c> writes it in JSON.</summary>
internal sealed record ListedKey(
    string Id, string Name, string Scopes, IReadOnlyList<string> Models, string Lanes, string Limits, DateTimeOffset Created,
    DateTimeOffset? Rotated, DateTimeOffset? PreviousUntil)
{
    public static ListedKey From(ApiKey key) => new(
        key.Id, key.Name, AccessWords.Format(key.Scopes), key.Models, AccessWords.Format(key.Lanes), LimitWords.Format(key.Limits),
        key.Created, key.Rotated, key.PreviousUntil);
}

/// <summary><c>vitgrid keys list</c>: every key, without its hash.</summary>
internal static class KeysList
{
    public static Verb Create(VerbContext context)
    {
        Option<string?> file = KeysConnection.FileOption(), redis = KeysConnection.RedisOption();
        Option<bool> json = new("--json") { Description = "Print one JSON object a key, also on a terminal" };
        Verb verb = new(
            "list",
            "Print the keys and what each may do. A table on a terminal, one JSON object a key elsewhere.",
            "vitgrid keys list",
            "vitgrid keys list --redis 127.0.0.1:6379 --json") { TreatUnmatchedTokensAsErrors = false };
        foreach (Option option in (Option[])[file, redis, json])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using var keys = KeysConnection.Open(parsed, parsed.GetValue(file), parsed.GetValue(redis));
            ListedKey[] listed = [.. (await keys.Administration.ListAsync(cancellation)).Select(ListedKey.From)];
            Print(context.Terminal, listed, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return verb;
    }

    private static void Print(Terminal terminal, ListedKey[] keys, bool json)
    {
        if (json || !terminal.OutIsTerminal)
        {
            foreach (ListedKey key in keys)
                terminal.Out.WriteLine(JsonLines.Line(key));
            return;
        }
        Table table = new Table().AddColumns("name", "id", "scopes", "models", "lanes", "limits", "created");
        foreach (ListedKey key in keys)
        {
            table.AddRow(
                Markup.Escape(key.Name), key.Id, key.Scopes, Markup.Escape(key.Models.Count == 0 ? "all" : string.Join(", ", key.Models)),
                key.Lanes, key.Limits.Length == 0 ? "none" : key.Limits, key.Created.ToString("u", CultureInfo.InvariantCulture));
        }
        terminal.OutConsole().Write(table);
    }
}

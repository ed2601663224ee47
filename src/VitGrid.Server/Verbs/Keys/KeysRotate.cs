using System.CommandLine;
using VitGrid.Access.Keys;

namespace VitGrid.Server.Verbs.Keys;

/// <summary><c>vitgrid keys rotate NAME</c>: a new secret for a key that stays what it is.</summary>
internal static class KeysRotate
{
    public static Verb Create(VerbContext context)
    {
        Argument<string> name = KeysConnection.Key();
        Option<int?> overlap = ValueOption.Number(
            "--overlap-minutes", "N", "Take the old secret for so many minutes longer [default: 0, it is refused at once]", 0, 100_000);
        Option<string?> file = KeysConnection.FileOption(), redis = KeysConnection.RedisOption();
        Verb verb = new(
            "rotate",
            "Give a key a new secret, printed on stdout this once. Name, id, files, batches and limits stay.",
            "vitgrid keys rotate search-team --overlap-minutes 60") { TreatUnmatchedTokensAsErrors = false };
        verb.Add(name);
        foreach (Option option in (Option[])[overlap, file, redis])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            await using var keys = KeysConnection.Open(parsed, parsed.GetValue(file), parsed.GetValue(redis));
            NewKey made = await keys.Administration.RotateAsync(
                parsed.GetRequiredValue(name), TimeSpan.FromMinutes(parsed.GetValue(overlap) ?? 0), cancellation);
            await keys.AuditAsync("keys rotate", made.Key);
            string fate = made.Key.PreviousUntil is { } until ? $"taken until {until:u}" : "refused from now on";
            context.Terminal.Say($"key {made.Key} has a new secret; the old one is {fate}. The new one is shown this once:");
            context.Terminal.Out.WriteLine(made.Secret);
            return ExitCode.Done;
        });
        return verb;
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using VitGrid.Server.Verbs;
using VitGrid.Server.Verbs.Bench;
using VitGrid.Server.Verbs.Cache;
using VitGrid.Server.Verbs.Cluster;
using VitGrid.Server.Verbs.Doctor;
using VitGrid.Server.Verbs.Embed;
using VitGrid.Server.Verbs.Health;
using VitGrid.Server.Verbs.Index;
using VitGrid.Server.Verbs.Keys;
using VitGrid.Server.Verbs.Models;
using VitGrid.Server.Verbs.Parity;
using VitGrid.Server.Verbs.Search;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server;

/// <summary>The command line of <c>vitgrid</c>: its verbs, and what becomes of a verb's end.</summary>
internal static class CommandLine
{
    // A file named @x is an image here, not a list of further arguments.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private static readonly string[] Examples = ["vitgrid doctor", "vitgrid serve", "vitgrid embed ./photos --neighbours 3"];

    /// <summary>Runs the verb that <paramref name="arguments"/> name, <c>serve</c> when they name none.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, VerbContext context, CancellationToken cancellationToken)
    {
        ParseResult parsed = Build(context).Parse(WithDefaultVerb(arguments), Parser);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
            return Refuse(context.Terminal, parsed, Faults(parsed));
        InvocationConfiguration invocation = new()
        {
            Output = context.Terminal.Out,
            Error = context.Terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (UsageException exception)
        {
            return Refuse(context.Terminal, parsed, [exception.Message]);
        }
        catch (Exception exception)
        {
            return FailureReport.Print(context.Terminal, exception, parsed.GetValue(SharedOptions.Verbose), cancellationToken);
        }
    }

    private static RootCommand Build(VerbContext context)
    {
        RootCommand root = new("Image embeddings of InternViT checkpoints, served over HTTP or computed in place. Without a verb: serve.")
        {
            ServeVerb.Create(context),
            EmbedVerb.Create(context),
            SearchVerb.Create(context),
            ModelsVerb.Create(context),
            ParityVerb.Create(context),
            IndexVerb.Create(context),
            BenchVerb.Create(context),
            ClusterVerb.Create(context),
            CacheVerb.Create(context),
            KeysVerb.Create(context),
            DoctorVerb.Create(context),
            HealthVerb.Create(context),
            SharedOptions.Verbose,
            SharedOptions.Config,
        };
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
            help.Action = new HelpWithExamples((HelpAction)help.Action!, Examples);
        return root;
    }

    private static string[] WithDefaultVerb(string[] arguments) => arguments switch
    {
        [] => ["serve"],
        ["--help" or "-h" or "-?" or "/?" or "/h" or "--version", ..] => arguments,
        _ => NamesVerb(arguments) ? arguments : ["serve", .. arguments],
    };

    /// <summary>Whether the first that is no option of every verb names one.</summary>
    private static bool NamesVerb(ReadOnlySpan<string> arguments) => arguments switch
    {
        ["--verbose", .. var rest] => NamesVerb(rest),
        ["--config", _, .. var rest] => NamesVerb(rest),
        [['-', '-', 'c', 'o', 'n', 'f', 'i', 'g', '=' or ':', ..], .. var rest] => NamesVerb(rest),
        [] or [['-', ..], ..] => false,
        _ => true,
    };

    private static IEnumerable<string> Faults(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string verbs = command.Subcommands.Count > 0 ? $"; it has {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}" : "";
        if (parsed.UnmatchedTokens.Count > 0)
            return parsed.UnmatchedTokens.Select(token => $"'{token}' is not a verb, argument or option of {PathOf(command)}{verbs}");
        return parsed.CommandResult.Errors.Any() && verbs.Length > 0
            ? [$"{PathOf(command)} needs a verb{verbs}"]
            : parsed.Errors.Select(error => error.Message);
    }

    private static int Refuse(Terminal terminal, ParseResult parsed, IEnumerable<string> messages)
    {
        foreach (string message in messages.Distinct())
            terminal.Say($"vitgrid: {message}");
        terminal.Say($"see {PathOf(parsed.CommandResult.Command)} --help");
        return ExitCode.WrongUsage;
    }

    private static string PathOf(Symbol command) =>
        command is RootCommand ? "vitgrid" : $"{PathOf(command.Parents.First())} {command.Name}";
}

using System.CommandLine;
using System.CommandLine.Help;
using VitGrid.Server.Verbs.Doctor;
using VitGrid.Server.Verbs.Embed;
using VitGrid.Server.Verbs.Models;
using VitGrid.Server.Verbs.Parity;
using VitGrid.Server.Verbs.Serve;

namespace VitGrid.Server.Verbs;

/// <summary>The command line of <c>vitgrid</c>: its verbs, and what becomes of a verb's end.</summary>
internal static class CommandLine
{
    // A file named @x is a picture here, not a list of further arguments.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Runs the verb that <paramref name="arguments"/> name, <c>serve</c> when they name none.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, VerbContext context, CancellationToken cancellation)
    {
        ParseResult parsed = Build(context).Parse(WithDefaultVerb(arguments), Parser);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
            return Refuse(context.Terminal, parsed, parsed.Errors.Select(error => error.Message));
        InvocationConfiguration invocation = new()
        {
            Output = context.Terminal.Out,
            Error = context.Terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellation);
        }
        catch (UsageException wrong)
        {
            return Refuse(context.Terminal, parsed, [wrong.Message]);
        }
        catch (Exception failure)
        {
            return FailureReport.Print(context.Terminal, failure, parsed.GetValue(SharedOptions.Verbose), cancellation);
        }
    }

    private static RootCommand Build(VerbContext context)
    {
        RootCommand root = new("Image embeddings of InternViT checkpoints, served over HTTP or computed in place. Without a verb: serve.")
        {
            ServeVerb.Create(context),
            EmbedVerb.Create(context),
            ModelsVerb.Create(context),
            ParityVerb.Create(context),
            DoctorVerb.Create(context),
            SharedOptions.Verbose,
        };
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    private static string[] WithDefaultVerb(string[] arguments) => arguments switch
    {
        [] => ["serve"],
        ["--help" or "-h" or "-?" or "/?" or "/h" or "--version", ..] => arguments,
        [['-', ..], ..] => ["serve", .. arguments],
        _ => arguments,
    };

    private static int Refuse(Terminal terminal, ParseResult parsed, IEnumerable<string> messages)
    {
        foreach (string message in messages.Distinct())
            terminal.Say($"vitgrid: {message}");
        Stack<string> path = [];
        for (Symbol? symbol = parsed.CommandResult.Command; symbol is Command and not RootCommand; symbol = symbol.Parents.FirstOrDefault())
            path.Push(symbol.Name);
        terminal.Say($"see {string.Join(' ', (IEnumerable<string>)["vitgrid", .. path, "--help"])}");
        return ExitCode.WrongUsage;
    }
}

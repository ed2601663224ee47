using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace VitGrid.Server.Verbs;

/// <summary>A command whose help ends with examples that run as they stand.</summary>
internal sealed class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>The usual help, then the verb's examples; for the root command <paramref name="rootExamples"/>.</summary>
internal sealed class HelpWithExamples(HelpAction usual, IReadOnlyList<string> rootExamples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in parseResult.CommandResult.Command is Verb verb ? verb.Examples : rootExamples)
            output.WriteLine("  " + example);
        return code;
    }
}

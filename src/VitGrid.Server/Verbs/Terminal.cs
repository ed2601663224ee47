using System.Text;
using Spectre.Console;
using VitGrid.Settings;

namespace VitGrid.Server.Verbs;

/// <summary>
/// Where a verb reads and writes. <see cref="Out"/> carries only what was asked for, a table when a person reads it and JSON lines when a
/// program does; everything else goes to <see cref="Error"/>.
/// </summary>
internal sealed class Terminal(TextWriter output, TextWriter error, Func<Stream> openInput, bool outIsTerminal, bool errorIsTerminal)
{
    public TextWriter Out { get; } = output;

    public TextWriter Error { get; } = TextWriter.Synchronized(error);

    public bool OutIsTerminal { get; } = outIsTerminal;

    public bool ErrorIsTerminal { get; } = errorIsTerminal;

    public static Terminal OfThisProcess()
    {
        StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
        return new(output, Console.Error, Console.OpenStandardInput, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
    }

    public Stream OpenInput() => openInput();

    /// <summary>Lines for the person at the terminal, without the secrets that stood in what it is about.</summary>
    public void Say(string line) => Error.WriteLine(SecretText.Hide(line));

    /// <summary>A console that draws on <see cref="Out"/>: tables.</summary>
    public IAnsiConsole OutConsole() => Draw(Out, OutIsTerminal);

    /// <summary>A console that draws on <see cref="Error"/>: progress.</summary>
    public IAnsiConsole ErrorConsole() => Draw(Error, ErrorIsTerminal);

    private static IAnsiConsole Draw(TextWriter writer, bool isTerminal) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        Out = new AnsiConsoleOutput(writer),
    });
}

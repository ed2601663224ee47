using System.CommandLine;
using System.Diagnostics;
using VitGrid.LoadTest;
using VitGrid.Structure.Checkouts;
using VitGrid.Structure.Coverage;
using VitGrid.Structure.Reports;

namespace VitGrid.Structure;

/// <summary><c>vitgrid-structure structure</c>: builds a checkout's server and prints the figures of its structure.</summary>
internal static class StructureCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="arguments">The whole command line, for the report.</param>
    public static Command Create(string[] arguments)
    {
        Option<string> checkout = new("--checkout") { Description = "folder of a checkout of any commit", DefaultValueFactory = _ => "." };
        Option<bool> built = new("--no-build") { Description = "its server was built in Release already" };
        Option<bool> still = new("--no-coverage") { Description = "leave out the files that one image passes: start no server" };
        Option<bool> why = new("--why") { Description = "say which types make a folder need another one of its cycle" };
        Option<string?> results = new("--out") { Description = "write the report to this file too" };
        Command command = new("structure", "knots of types, cycles of folders, lengths, widths, tests, and the files that one image passes")
        {
            checkout, built, still, why, results,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Checkout read = Checkout.Open(parsed.GetValue(checkout)!);
            if (!parsed.GetValue(built))
                await RunAsync("dotnet", ["build", "-c", "Release", "-v", "q", read.Server.Folder], cancellationToken);
            ImagePath? path = parsed.GetValue(still) ? null : await FollowAsync(read, cancellationToken);
            string commit = await RunAsync("git", ["-C", read.Root, "describe", "--always", "--dirty", "--abbrev=7"], cancellationToken);
            IEnumerable<string> lines = StructureReport.Lines(read, path, parsed.GetValue(why));
            string text = string.Join(Environment.NewLine, [.. Head(arguments, commit.Trim()), .. lines, ""]);
            await Console.Out.WriteAsync(text);
            if (parsed.GetValue(results) is { } file)
                await File.WriteAllTextAsync(file, text, cancellationToken);
        });
        return command;
    }

    private static string[] Head(string[] arguments, string commit) =>
    [
        $"# Structure of {commit}", "",
        "```", Machine.Line(), $"vitgrid-structure {string.Join(' ', arguments)}", "```", "",
    ];

    private static async Task<ImagePath> FollowAsync(Checkout checkout, CancellationToken cancellationToken)
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("vitgrid-structure-");
        try
        {
            using InstrumentedServer server = await InstrumentedServer.StartAsync(checkout, scratch.FullName, cancellationToken);
            return await ImagePath.FollowAsync(server, cancellationToken);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>Runs a program to its end and gives what it wrote.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0; the message holds what it wrote.</exception>
    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with code {process.ExitCode}:\n{output}");
    }
}

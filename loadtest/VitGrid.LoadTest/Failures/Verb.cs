using System.Diagnostics;

namespace VitGrid.LoadTest.Failures;

/// <summary>Runs a verb of <c>vitgrid</c> that prints something and ends.</summary>
internal static class Verb
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>What it printed on stdout.</summary>
    /// <exception cref="VerbFailedException">It ended with another exit code than 0, or not in 30 seconds.</exception>
    public static async Task<string> RunAsync(string assembly, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        string[] all = [assembly, .. arguments];
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", all) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string printed = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? printed
                : throw new VerbFailedException($"vitgrid {string.Join(' ', all[1..])} ended with {process.ExitCode}: {await errors}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VerbFailedException($"vitgrid {string.Join(' ', all[1..])} did not end in {Limit.TotalSeconds} s");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>A verb did not do what it was asked for.</summary>
internal sealed class VerbFailedException(string message) : Exception(message);

using VitGrid.Access.Keys;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Hub;
using VitGrid.Indexing;
using VitGrid.Indexing.Sinks;
using VitGrid.Model.Tensors;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Verbs;

/// <summary>What a person is told when a verb ends by an exception.</summary>
internal static class FailureReport
{
    public static int Print(Terminal terminal, Exception failure, bool verbose, CancellationToken cancellationToken)
    {
        if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            terminal.Say("vitgrid: cancelled");
            return ExitCode.Failed;
        }
        terminal.Say(IsExpected(
            failure) ? $"vitgrid: {failure.Message}" : $"vitgrid: unexpected {failure.GetType().Name}: {failure.Message}");
        if (verbose)
            terminal.Say(failure.ToString());
        else if (!IsExpected(failure))
            terminal.Say("run it again with --verbose for the stack, and report it");
        return ExitCode.Failed;
    }

    /// <summary>Failures whose message was written for the person who reads it.</summary>
    private static bool IsExpected(Exception failure) => failure
        is VerbException or OptionsException or GridConfigurationException or CheckpointException or GridException or IndexException
            or SinkException or KeyStoreException or HubException
        or IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException;
}

using VitGrid.Indexing.Sinks.Files;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>
/// A format whose writer stops within one of a part's files, as a process that is suspended would, until it is let go on.
/// </summary>
internal sealed class FrozenFormat
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _thawed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="inner">The format it writes in.</param>
    /// <param name="within">Index of the file in which it stops.</param>
    public FrozenFormat(PartFormat inner, int within)
    {
        PartFile file = inner.Files[within];
        Format = inner with
        {
            Files = inner.Files.SetItem(within, file with
            {
                Write = async (stream, schema, rows, cancellation) =>
                {
                    await file.Write(stream, schema, rows, cancellation);
                    _reached.TrySetResult();
                    await _thawed.Task;
                },
            }),
        };
    }

    public PartFormat Format { get; }

    /// <summary>The writer has stopped.</summary>
    public Task Reached => _reached.Task;

    public void Thaw() => _thawed.TrySetResult();
}

namespace VitGrid.Indexing.Sinks.Files;

/// <summary>The small files in which a sink keeps what it knows of itself, each whole at every moment. Any process may call.</summary>
internal interface IStateFiles
{
    /// <summary>Where a file lies, for messages.</summary>
    string PlaceOf(string name);

    /// <summary>A file's bytes; null: it is not there.</summary>
    Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Writes a file; of several processes that create it the first one does.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="write">Writes its bytes into an empty stream.</param>
    /// <param name="replace">Whether one that is there is replaced; else it stays.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task WriteAsync(string name, Func<Stream, Task> write, bool replace, CancellationToken cancellationToken);

    /// <summary>Removes a file; one that is not there is removed already.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken);
}

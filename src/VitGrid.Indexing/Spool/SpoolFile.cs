namespace VitGrid.Indexing.Spool;

/// <summary>What is known of a file in the spool beside its content.</summary>
/// <param name="Id"><c>file-</c> and 32 hex digits.</param>
/// <param name="Name">The name its uploader gave it.</param>
/// <param name="Purpose"><c>batch</c>, or <c>batch_output</c> for what batches write.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Created">Milliseconds since 1970.</param>
/// <param name="Expires">When it is to go, in milliseconds since 1970; null: it stays until it is deleted.</param>
/// <param name="Owner">The tenant that made it; null or empty: nobody in particular.</param>
public sealed record SpoolFile(
    string Id, string Name, string Purpose, long Bytes, long Created, long? Expires = null, string? Owner = null);

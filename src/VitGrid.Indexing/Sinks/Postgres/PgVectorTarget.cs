using System.Data.Common;
using System.Text.RegularExpressions;
using Npgsql;
using VitGrid.Indexing.Formats;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>A table's name.</summary>
/// <param name="Schema">Its schema; null: the first of the connection's search path.</param>
/// <param name="Name">Its name within it.</param>
internal readonly record struct TableName(string? Schema, string Name)
{
    /// <summary>A table of the same schema, as statements name it.</summary>
    public string Beside(string name) => Schema is null ? $"\"{name}\"" : $"\"{Schema}\".\"{name}\"";
}

/// <summary>A table of vectors in PostgreSQL.</summary>
/// <param name="Text">The specification as a sink's text; may hold a password.</param>
/// <param name="Name">The same for people, without a password.</param>
/// <param name="Connection">Npgsql's connection string.</param>
/// <param name="Hosts">Every server it may connect to.</param>
/// <param name="Table">The table.</param>
/// <param name="Numbers"><c>vector</c> holds float32, <c>halfvec</c> float16.</param>
/// <param name="Index">Whether an HNSW index is built at the end.</param>
internal sealed partial record PgVectorTarget(
    string Text, string Name, string Connection, IReadOnlyList<SinkHost> Hosts, TableName Table, NumberFormat Numbers, bool Index)
{
    private const string Example = "pgvector:Host=db;Database=images;Username=vitgrid;table=embeddings";

    /// <summary>pgvector's name of the column's type.</summary>
    public string Type => Numbers == NumberFormat.Float16 ? "halfvec" : "vector";

    /// <summary>
    /// Reads what follows <c>pgvector:</c>, a connection string with the keys <c>table</c>, <c>type</c> and <c>index</c> among its own.
    /// </summary>
    /// <exception cref="SinkException">It is none.</exception>
    public static PgVectorTarget Parse(string text)
    {
        if (text.StartsWith("postgres", StringComparison.OrdinalIgnoreCase) && text.Contains("://", StringComparison.Ordinal))
            throw Refused($"the connection is given as key=value pairs, not as a URI; e.g. {Example}");
        DbConnectionStringBuilder keys = Read(() => new DbConnectionStringBuilder { ConnectionString = text });
        string table = Take(keys, "table") ?? throw Refused($"table is missing; e.g. {Example}");
        NumberFormat numbers = Take(keys, "type") switch
        {
            null or "halfvec" => NumberFormat.Float16,
            "vector" => NumberFormat.Float32,
            string other => throw Refused($"type is '{other}'; use halfvec or vector"),
        };
        bool index = Take(keys, "index") switch
        {
            null => false,
            "hnsw" => true,
            string other => throw Refused($"index is '{other}'; use hnsw, or leave it out"),
        };
        TableName name = Identifiers(table);
        NpgsqlConnectionStringBuilder connection = Read(() => new NpgsqlConnectionStringBuilder(keys.ConnectionString));
        if (string.IsNullOrEmpty(connection.Host))
            throw Refused($"Host is missing; e.g. {Example}");
        connection.ApplicationName ??= "vitgrid";
        PgVectorAccess.RefuseWorkersOwn(connection);
        string shown = $"pgvector:Host={connection.Host};Port={connection.Port};Database={connection.Database};table={table}";
        SinkHost[] hosts = [.. connection.Host.Split(',').Where(host => !string.IsNullOrWhiteSpace(host)).Select(
            host => SinkHost.Parse(host, connection.Port))];
        if (hosts.Length == 0)
            throw Refused($"Host is missing; e.g. {Example}");
        return new($"pgvector:{text}", shown, connection.ConnectionString, hosts, name, numbers, index);
    }

    /// <summary>
    /// A quoted name can be any text, and would have to be quoted in every query: only names that need no quotes are taken.
    /// </summary>
    private static TableName Identifiers(string table)
    {
        string[] names = table.Split('.');
        if (names.Length > 2 || !names.All(Identifier().IsMatch))
            throw Refused($"table is '{table}'; use NAME or SCHEMA.NAME of at most 63 lower-case letters, digits and '_', beginning with "
                + $"no digit");
        return names is [{ } schema, { } name] ? new(schema, name) : new(null, table);
    }

    private static string? Take(DbConnectionStringBuilder keys, string key)
    {
        string? value = keys.TryGetValue(key, out object? found) ? found.ToString() : null;
        keys.Remove(key);
        return value;
    }

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // What was caught may quote a part of the password.
            throw Refused(
                $"the connection cannot be read: a key of it is none of Npgsql's, or its value none of that key's; e.g. {Example}");
        }
    }

    internal static SinkException Refused(string message) => new(SinkFault.Refused, $"sink pgvector: {message}");

    [GeneratedRegex(@"^[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}

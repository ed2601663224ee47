using System.Net.Sockets;
using Npgsql;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>What a failure of the database means for a sink.</summary>
internal static class PgVectorErrors
{
    /// <summary>The sink's failure; null: none of the database's.</summary>
    public static SinkException? From(Exception failure, PgVectorTarget target, string doing)
    {
        string what = $"{target.Name}: cannot {doing}: {Message(failure)}";
        return failure switch
        {
            PostgresException answer when Passes(answer) => new(SinkFault.Unavailable, $"{what}. It is tried again", failure),
            PostgresException answer => new(SinkFault.Refused, $"{what} {Remedy(answer)}", failure),
            NpgsqlException when IsUnproven(failure) => new(SinkFault.Refused, $"{what}. {Unproven}", failure),
            NpgsqlException or SocketException or TimeoutException or IOException =>
                new(SinkFault.Unavailable, $"{what}. Check that the server runs and that Host and Port are right", failure),
            _ => null,
        };
    }

    private const string Unproven = "The server asks for a password in a way in which anybody could read it, and was sent none; have it "
        + "ask for scram-sha-256 (pg_hba.conf, password_encryption), also by Require Auth of nothing less";

    private static bool IsUnproven(Exception failure) =>
        failure.Message.Contains("authentication method", StringComparison.OrdinalIgnoreCase);

    private static string Message(Exception failure) => failure is PostgresException answer
        ? $"{answer.MessageText} (SQLSTATE {answer.SqlState})"
        : failure.InnerException is { } inner ? $"{failure.Message}: {inner.Message}" : failure.Message;

    /// <summary>Connections lost, conflicts, resources and full disks, shutdowns, a standby that is not yet the primary.</summary>
    private static bool Passes(PostgresException answer) =>
        answer.IsTransient || answer.SqlState[..2] is "08" or "40" or "53" or "57"
            || answer.SqlState is PostgresErrorCodes.IoError or PostgresErrorCodes.ReadOnlySqlTransaction;

    private static string Remedy(PostgresException answer) => answer.SqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege => "- grant it: the sink creates its table and vitgrid_tables, and writes to both",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            "- check Username, and the password in PGPASSFILE or PGPASSWORD",
        PostgresErrorCodes.InvalidCatalogName => "- check Database, or create it",
        PostgresErrorCodes.InvalidSchemaName => "- create the schema, or name another in table=",
        PostgresErrorCodes.InvalidColumnReference => "- the table's id needs a primary key or a unique index",
        _ => "- use another table, or fix this one",
    };
}

using System.Text.Json;
using Npgsql;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>
/// Creates what is missing, refuses what does not fit, and rehearses a part, in one transaction that changes all or nothing.
/// </summary>
internal sealed class PgVectorSetup(PgVectorTarget target, PgVectorSql sql, NpgsqlConnection connection)
{
    public async Task RunAsync(SinkSchema schema, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AskAsync(PgVectorSql.Lock, cancellationToken);
        if (await AskAsync(sql.FindType, cancellationToken) is not true)
            await CreateExtensionAsync(cancellationToken);
        await AskAsync(sql.CreateTable, cancellationToken);
        await AskAsync(sql.CreateRegister, cancellationToken);
        await AskAsync(sql.CreateOrigins, cancellationToken);
        await DemandColumnAsync(cancellationToken);
        await DemandSchemaAsync(schema, cancellationToken);
        // An empty part shows rights and keys that are missing before there is work to lose.
        await AskAsync(sql.CreatePart, cancellationToken);
        await AskAsync(sql.UpsertOrigins, cancellationToken, target.Table.Name, "", "");
        await AskAsync(sql.Upsert, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task CreateExtensionAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(PgVectorSql.CreateExtension, cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw new SinkException(
                SinkFault.Refused,
                $"{target.Name}: the database has no pgvector, and it cannot be created: {exception.MessageText}. Install it on the "
                    + $"server, and have an administrator run CREATE EXTENSION vector",
                exception);
        }
    }

    private async Task DemandColumnAsync(CancellationToken cancellationToken)
    {
        object? type = await AskAsync(sql.FindColumn, cancellationToken);
        if (type is not string found || found != sql.ColumnType)
            throw Refused($"its column embedding is {type ?? "missing"}; the job's vectors are {sql.ColumnType}: use another table, or "
                + $"type= of this one");
    }

    private async Task DemandSchemaAsync(SinkSchema schema, CancellationToken cancellationToken)
    {
        if (await AskAsync(sql.FindSchema, cancellationToken, target.Table.Name) is string stored)
        {
            SinkSchemas.Demand(target.Name, JsonSerializer.Deserialize<SinkSchema>(stored, SinkJson.OneLine)!, schema);
            return;
        }
        if (await AskAsync(sql.HasRows, cancellationToken) is true)
            throw Refused("it holds rows of an unknown model; use another table, or empty this one");
        await using NpgsqlCommand store = new(sql.StoreSchema, connection);
        store.Parameters.Add(new() { Value = target.Table.Name });
        store.Parameters.Add(new() { Value = JsonSerializer.Serialize(
            schema, SinkJson.OneLine), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb });
        await store.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<object?> AskAsync(string statement, CancellationToken cancellationToken, params string[] parameters)
    {
        await using NpgsqlCommand command = new(statement, connection) { CommandTimeout = 0 };
        foreach (string parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private SinkException Refused(string what) => new(SinkFault.Refused, $"{target.Name}: {what}");
}

using System.Text.Json;
using Npgsql;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>Creates what is missing, refuses what does not fit, and rehearses a part, in one transaction that changes all or nothing.</summary>
internal sealed class PgVectorSetup(PgVectorTarget target, PgVectorSql sql, NpgsqlConnection connection)
{
    public async Task RunAsync(SinkSchema schema, CancellationToken cancellation)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        await AskAsync(PgVectorSql.Lock, cancellation);
        if (await AskAsync(sql.FindType, cancellation) is not true)
            await CreateExtensionAsync(cancellation);
        await AskAsync(sql.CreateTable, cancellation);
        await AskAsync(sql.CreateRegister, cancellation);
        await DemandColumnAsync(cancellation);
        await DemandSchemaAsync(schema, cancellation);
        // An empty part shows rights and keys that are missing before there is work to lose.
        await AskAsync(sql.CreatePart, cancellation);
        await AskAsync(sql.Upsert, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private async Task CreateExtensionAsync(CancellationToken cancellation)
    {
        try
        {
            await AskAsync(PgVectorSql.CreateExtension, cancellation);
        }
        catch (PostgresException fault)
        {
            throw new SinkException(
                SinkFault.Refused,
                $"{target.Name}: the database has no pgvector, and it cannot be created: {fault.MessageText}. Install it on the server, and have an administrator run CREATE EXTENSION vector",
                fault);
        }
    }

    private async Task DemandColumnAsync(CancellationToken cancellation)
    {
        object? type = await AskAsync(sql.FindColumn, cancellation);
        if (type is not string found || found != sql.ColumnType)
            throw Refused($"its column embedding is {type ?? "missing"}; the job's vectors are {sql.ColumnType}: use another table, or type= of this one");
    }

    private async Task DemandSchemaAsync(SinkSchema schema, CancellationToken cancellation)
    {
        if (await AskAsync(sql.FindSchema, cancellation, target.Table.Name) is string stored)
        {
            SinkSchemas.Demand(target.Name, JsonSerializer.Deserialize<SinkSchema>(stored, SinkJson.OneLine)!, schema);
            return;
        }
        if (await AskAsync(sql.HasRows, cancellation) is true)
            throw Refused("it holds rows of an unknown model; use another table, or empty this one");
        await using NpgsqlCommand store = new(sql.StoreSchema, connection);
        store.Parameters.Add(new() { Value = target.Table.Name });
        store.Parameters.Add(new() { Value = JsonSerializer.Serialize(schema, SinkJson.OneLine), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb });
        await store.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<object?> AskAsync(string statement, CancellationToken cancellation, string? parameter = null)
    {
        await using NpgsqlCommand command = new(statement, connection) { CommandTimeout = 0 };
        if (parameter is not null)
            command.Parameters.Add(new() { Value = parameter });
        return await command.ExecuteScalarAsync(cancellation);
    }

    private SinkException Refused(string what) => new(SinkFault.Refused, $"{target.Name}: {what}");
}

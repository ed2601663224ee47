using Npgsql;
using VitGrid.Runtime.Health;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>A row of a table, as far as it says where it was computed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Uri">Where its image is; null where that was not kept.</param>
/// <param name="Origin">Where and when it was computed; null where that was not said.</param>
/// <param name="Part">The part that it came in.</param>
/// <param name="IsMarked">Whether a retry has begun to take its part out.</param>
internal sealed record RowOrigin(string Id, string? Uri, VectorOrigin? Origin, string Part, bool IsMarked);

/// <summary>
/// Which device computed each row that one job has stored in a table. A part is taken out in steps: it is marked, its items are put back by
/// whoever asks, and it is removed. Rows that were stored anew meanwhile belong to another part, and stay.
/// </summary>
internal sealed class RowOrigins(PgVectorTarget target, string job, NpgsqlDataSource source)
{
    // Statements on rows alone do not name the type of vectors.
    private readonly PgVectorSql _sql = new(target, dimensions: 1);

    /// <summary>Rows that were computed in that time, and those of marked parts.</summary>
    /// <exception cref="SinkException">The table cannot be read, or is of a build that kept no origins.</exception>
    public Task<IReadOnlyList<RowOrigin>> FindAsync(DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken) =>
        GuardedAsync<IReadOnlyList<RowOrigin>>(async connection =>
        {
            await using (NpgsqlCommand known = new(_sql.HasOrigins, connection))
            {
                if (await known.ExecuteScalarAsync(cancellationToken) is not true)
                    throw new SinkException(SinkFault.Refused, $"{target.Name}: its rows do not say which device computed them, since a "
                        + "build before stored them; submit the items anew, rows are replaced by their id");
            }
            await using NpgsqlCommand find = Command(connection, _sql.FindOrigins, since.UtcDateTime, until.UtcDateTime);
            await using NpgsqlDataReader reader = await find.ExecuteReaderAsync(cancellationToken);
            List<RowOrigin> rows = [];
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(Read(reader));
            return rows;
        }, cancellationToken);

    /// <summary>Marks a part, or takes the mark away.</summary>
    /// <returns>Its items.</returns>
    public Task<IReadOnlyList<(string Id, string? Uri)>> MarkAsync(string part, bool isMarked, CancellationToken cancellationToken) =>
        GuardedAsync<IReadOnlyList<(string, string?)>>(async connection =>
        {
            await using NpgsqlCommand mark = Command(connection, _sql.MarkPart, part, isMarked);
            await using NpgsqlDataReader reader = await mark.ExecuteReaderAsync(cancellationToken);
            List<(string, string?)> items = [];
            while (await reader.ReadAsync(cancellationToken))
                items.Add((reader.GetString(0), Text(reader, 1)));
            return items;
        }, cancellationToken);

    /// <summary>Takes the rows of a marked part out of the table.</summary>
    public Task RemoveAsync(string part, CancellationToken cancellationToken) => GuardedAsync(async connection =>
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        foreach (string statement in (string[])[_sql.LockPart, _sql.RemoveVectors, _sql.RemoveOrigins])
        {
            await using NpgsqlCommand command = Command(connection, statement, part);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        return true;
    }, cancellationToken);

    private static RowOrigin Read(NpgsqlDataReader reader)
    {
        VectorOrigin? origin = Text(reader, 2) is { } devices ? new(devices, reader.GetFieldValue<DateTime>(3)) : null;
        return new(reader.GetString(0), Text(reader, 1), origin, reader.GetString(4), reader.GetBoolean(5));
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>A statement on rows of this table and job, and what else it takes.</summary>
    private NpgsqlCommand Command(NpgsqlConnection connection, string statement, params object[] others)
    {
        NpgsqlCommand command = new(statement, connection) { CommandTimeout = 0 };
        foreach (object value in (object[])[target.Table.Name, job, .. others])
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    private async Task<T> GuardedAsync<T>(Func<NpgsqlConnection, Task<T>> action, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
            return await action(connection);
        }
        catch (Exception exception) when (PgVectorErrors.From(exception, target, "take wrong rows out") is { } fault)
        {
            throw fault;
        }
    }
}

using System.Text;
using Npgsql;
using NpgsqlTypes;
using Pgvector;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Formats;
using VitGrid.Model.Tensors;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>
/// A sink of rows in PostgreSQL: each part one transaction of upserts by id. A part that is stored twice changes nothing, so none needs to
/// be aborted.
/// </summary>
/// <param name="target">The table.</param>
/// <param name="job">The job whose rows they are.</param>
/// <param name="tls">The least that a server beyond this machine is asked for.</param>
internal sealed class PgVectorSink(PgVectorTarget target, string job, SinkTls tls) : IVectorSink
{
    // The primary key's index takes some 2,700 bytes an entry.
    private const int MaxIdBytes = 2_600;

    private readonly NpgsqlDataSource _source = Source(PgVectorAccess.Connection(target, tls));
    private SinkSchema? _schema;
    private PgVectorSql? _sql;

    /// <inheritdoc/>
    public Task OpenAsync(SinkSchema schema, CancellationToken cancellationToken) => Guarded("open", async () =>
    {
        if (schema.Features is not null)
            throw Refused("a table holds vectors; features are stored by safetensors:DIR, or npy:DIR where they are one tensor");
        PgVectorSql sql = new(target, schema.Dimensions);
        if (target.Index && schema.Dimensions > sql.MaxIndexed)
            throw Refused($"an HNSW index on {target.Type} takes at most {sql.MaxIndexed} dimensions, the vectors have "
                + $"{schema.Dimensions}; use {(schema.Dimensions <= 4_000 ? "type=halfvec" : "no index")}");
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken);
        await new PgVectorSetup(target, sql, connection).RunAsync(schema, cancellationToken);
        await connection.ReloadTypesAsync(cancellationToken);
        (_schema, _sql) = (schema, sql);
    });

    /// <inheritdoc/>
    public Task PrepareAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        SinkRows.Check(target.Name, Schema, target.Numbers, rows);
        foreach (SinkRow row in rows)
        {
            if (row.Id.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(row.Id) > MaxIdBytes)
                throw SinkRows.Refused(row,
                    $"{target.Name}: the id '{row.Id[..Math.Min(row.Id.Length, 80)]}' cannot be a key; use at most {MaxIdBytes} bytes "
                        + $"without NUL");
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CommitAsync(string part, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken) =>
        Guarded($"store part {part}", async () =>
    {
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, Sql.CreatePart, cancellationToken);
        await CopyAsync(connection, rows, cancellationToken);
        await ExecuteAsync(connection, Sql.UpsertOrigins, cancellationToken, target.Table.Name, job, part);
        await ExecuteAsync(connection, Sql.Upsert, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    });

    /// <inheritdoc/>
    public Task<bool> TryAbortAsync(string part, CancellationToken cancellationToken) => Task.FromResult(true);

    /// <inheritdoc/>
    public Task FinishAsync(SinkSummary summary, CancellationToken cancellationToken) => target.Index
        ? Guarded("build the index", () => BuildIndexAsync(cancellationToken))
        : Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>Which device computed each of the job's rows.</summary>
    public RowOrigins Origins => new(target, job, _source);

    private SinkSchema Schema => _schema ?? throw new InvalidOperationException($"{target.Name} was not opened");

    private PgVectorSql Sql => _sql ?? throw new InvalidOperationException($"{target.Name} was not opened");

    private static NpgsqlDataSource Source(string connection)
    {
        NpgsqlDataSourceBuilder builder = new(connection);
        builder.UseVector();
        return builder.Build();
    }

    private async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<SinkRow> rows, CancellationToken cancellationToken)
    {
        await using NpgsqlBinaryImporter copy = await connection.BeginBinaryImportAsync(PgVectorSql.CopyPart, cancellationToken);
        for (int i = 0; i < rows.Count; i++)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(i, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(rows[i].Id, NpgsqlDbType.Text, cancellationToken);
            if (target.Numbers == NumberFormat.Float16)
                await copy.WriteAsync(new HalfVector(HalfNumbers.Narrow(rows[i].Vector.Span)), cancellationToken);
            else
                await copy.WriteAsync(new Vector(rows[i].Vector), cancellationToken);
            await WriteOriginAsync(copy, rows[i], cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task WriteOriginAsync(NpgsqlBinaryImporter copy, SinkRow row, CancellationToken cancellationToken)
    {
        await WriteAsync(copy, row.KeptUri, NpgsqlDbType.Text, cancellationToken);
        await WriteAsync(copy, row.Origin?.Devices, NpgsqlDbType.Text, cancellationToken);
        await WriteAsync(copy, row.Origin?.ComputedAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
    }

    private static Task WriteAsync<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancellationToken) =>
        value is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(value, type, cancellationToken);

    private async Task BuildIndexAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, PgVectorSql.Lock, cancellationToken);
        await ExecuteAsync(connection, Sql.CreateIndex, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Without a time limit: an index takes as long as it takes, and a lock is waited for.</summary>
    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params string[] parameters)
    {
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        foreach (string parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task Guarded(string doing, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception exception) when (PgVectorErrors.From(exception, target, doing) is { } fault)
        {
            throw fault;
        }
    }

    private SinkException Refused(string what) => new(SinkFault.Refused, $"{target.Name}: {what}");
}

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>The statements of a table of vectors. Names are quoted and cannot hold a quote; everything else is a parameter.</summary>
internal sealed class PgVectorSql(PgVectorTarget target, int dimensions)
{
    /// <summary>One process at a time creates tables, types and indexes: PostgreSQL's IF NOT EXISTS fails when two race.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended('vitgrid', 0))";

    public const string CreateExtension = "CREATE EXTENSION IF NOT EXISTS vector";

    public const string CopyPart = "COPY vitgrid_part (place, id, embedding, uri, devices, computed) FROM STDIN (FORMAT BINARY)";

    /// <summary>The column's type, as the server writes it.</summary>
    public string ColumnType { get; } = string.Create(CultureInfo.InvariantCulture, $"{target.Type}({dimensions})");

    /// <summary>Whether the server knows the type.</summary>
    public string FindType => $"SELECT to_regtype('{target.Type}') IS NOT NULL";

    public string CreateTable => $"CREATE TABLE IF NOT EXISTS {Table} (id text PRIMARY KEY, embedding {ColumnType} NOT NULL)";

    /// <summary>What each table holds.</summary>
    public string CreateRegister => $"CREATE TABLE IF NOT EXISTS {Register} (name text PRIMARY KEY, schema jsonb NOT NULL)";

    /// <summary>Which device computed each row of the schema's tables, when, and where its image is.</summary>
    public string CreateOrigins =>
        $"""
        CREATE TABLE IF NOT EXISTS {Origins} (
            name text, id text, job text NOT NULL, part text NOT NULL, uri text, devices text, computed timestamptz,
            withdrawn boolean NOT NULL DEFAULT false, PRIMARY KEY (name, id));
        CREATE INDEX IF NOT EXISTS vitgrid_origins_parts ON {Origins} (job, part)
        """;

    public string FindColumn =>
        $"SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '{Table}'::regclass AND attname = 'embedding' AND NOT "
            + $"attisdropped";

    public string HasRows => $"SELECT EXISTS (SELECT FROM {Table})";

    public string FindSchema => $"SELECT schema::text FROM {Register} WHERE name = $1";

    public string StoreSchema => $"INSERT INTO {Register} (name, schema) VALUES ($1, $2)";

    public string CreatePart =>
        $"CREATE TEMPORARY TABLE vitgrid_part (place integer, id text, embedding {ColumnType}, uri text, devices text, "
            + "computed timestamptz) ON COMMIT DROP";

    /// <summary>
    /// The same of where rows were computed: table, job, part. Before <see cref="Upsert"/>, so that whoever changes both locks them in one
    /// order.
    /// </summary>
    public string UpsertOrigins =>
        $"""
        INSERT INTO {Origins} (name, id, job, part, uri, devices, computed)
        SELECT DISTINCT ON (id) $1, id, $2, $3, uri, devices, computed FROM vitgrid_part ORDER BY id, place DESC
        ON CONFLICT (name, id) DO UPDATE SET job = EXCLUDED.job, part = EXCLUDED.part, uri = EXCLUDED.uri,
            devices = EXCLUDED.devices, computed = EXCLUDED.computed, withdrawn = false
        """;

    /// <summary>Rows of table and job that were computed from one time to another, and what a retry has left unfinished.</summary>
    public string FindOrigins =>
        $"""
        SELECT id, uri, devices, computed, part, withdrawn FROM {Origins}
        WHERE name = $1 AND job = $2 AND (withdrawn OR computed BETWEEN $3 AND $4) ORDER BY part, id
        """;

    /// <summary>Whether rows say where they were computed.</summary>
    public string HasOrigins => $"SELECT to_regclass('{Origins}') IS NOT NULL";

    /// <summary>Marks a part of table and job; gives its items.</summary>
    public string MarkPart =>
        $"UPDATE {Origins} SET withdrawn = $4 WHERE name = $1 AND job = $2 AND part = $3 RETURNING id, uri";

    /// <summary>Keeps the rows of a marked part of table and job as they are until the transaction ends.</summary>
    public string LockPart =>
        $"SELECT id FROM {Origins} WHERE name = $1 AND job = $2 AND part = $3 AND withdrawn ORDER BY id FOR UPDATE";

    /// <summary>Takes the vectors of a marked part out.</summary>
    public string RemoveVectors =>
        $"""
        DELETE FROM {Table} WHERE id IN (
            SELECT id FROM {Origins} WHERE name = $1 AND job = $2 AND part = $3 AND withdrawn)
        """;

    public string RemoveOrigins => $"DELETE FROM {Origins} WHERE name = $1 AND job = $2 AND part = $3 AND withdrawn";

    /// <summary>Of rows with one id the last one counts; the order by id keeps two workers from waiting for each other.</summary>
    public string Upsert =>
        $"""
        INSERT INTO {Table} (id, embedding)
        SELECT DISTINCT ON (id) id, embedding FROM vitgrid_part ORDER BY id, place DESC
        ON CONFLICT (id) DO UPDATE SET embedding = EXCLUDED.embedding
        """;

    public string CreateIndex => $"CREATE INDEX IF NOT EXISTS {IndexName} ON {Table} USING hnsw (embedding {target.Type}_cosine_ops)";

    /// <summary>Most dimensions that pgvector's HNSW takes.</summary>
    public int MaxIndexed => target.Type == "halfvec" ? 4_000 : 2_000;

    private string Table => target.Table.Beside(target.Table.Name);

    private string Origins => target.Table.Beside("vitgrid_origins");

    private string Register => target.Table.Beside("vitgrid_tables");

    /// <summary>An index lies in its table's schema; names end at 63 characters.</summary>
    private string IndexName => $"\"{target.Table.Name[..Math.Min(target.Table.Name.Length, 58)]}_hnsw\"";
}

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>The statements of a table of vectors. Names are quoted and cannot hold a quote; everything else is a parameter.</summary>
internal sealed class PgVectorSql(PgVectorTarget target, int dimensions)
{
    /// <summary>One process at a time creates tables, types and indexes: PostgreSQL's IF NOT EXISTS fails when two race.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended('vitgrid', 0))";

    public const string CreateExtension = "CREATE EXTENSION IF NOT EXISTS vector";

    public const string CopyPart = "COPY vitgrid_part (place, id, embedding) FROM STDIN (FORMAT BINARY)";

    /// <summary>The column's type, as the server writes it.</summary>
    public string ColumnType { get; } = string.Create(CultureInfo.InvariantCulture, $"{target.Type}({dimensions})");

    /// <summary>Whether the server knows the type.</summary>
    public string FindType => $"SELECT to_regtype('{target.Type}') IS NOT NULL";

    public string CreateTable => $"CREATE TABLE IF NOT EXISTS {Table} (id text PRIMARY KEY, embedding {ColumnType} NOT NULL)";

    /// <summary>What each table holds.</summary>
    public string CreateRegister => $"CREATE TABLE IF NOT EXISTS {Register} (name text PRIMARY KEY, schema jsonb NOT NULL)";

    public string FindColumn =>
        $"SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '{Table}'::regclass AND attname = 'embedding' AND NOT "
            + $"attisdropped";

    public string HasRows => $"SELECT EXISTS (SELECT FROM {Table})";

    public string FindSchema => $"SELECT schema::text FROM {Register} WHERE name = $1";

    public string StoreSchema => $"INSERT INTO {Register} (name, schema) VALUES ($1, $2)";

    public string CreatePart => $"CREATE TEMPORARY TABLE vitgrid_part (place integer, id text, embedding {ColumnType}) ON COMMIT DROP";

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

    private string Register => target.Table.Beside("vitgrid_tables");

    /// <summary>An index lies in its table's schema; names end at 63 characters.</summary>
    private string IndexName => $"\"{target.Table.Name[..Math.Min(target.Table.Name.Length, 58)]}_hnsw\"";
}

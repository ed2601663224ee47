using Npgsql;
using Pgvector;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests.Sinks;

public sealed class PgVectorSinkTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task Rows_are_upserted_by_id_so_that_a_part_may_be_stored_twice()
    {
        string database = await server.CreateDatabaseAsync();
        await using IVectorSink sink = await OpenAsync($"{database};table=t;type=vector");
        await SinkRig.WriteAsync(sink, "w-1", "a", "bcd");
        Assert.True(await sink.TryAbortAsync("w-1", default));
        await SinkRig.WriteAsync(sink, "w-2", "a", "bcd", "ü");
        await StoreAsync(sink, new SinkRow("a", new float[] { 0.125f, 9 }));
        await sink.FinishAsync(SinkRig.Summary with { Done = 3 }, default);
        Assert.Equal(
            ["a: 0.125 9", "bcd: 3 -0.5", "ü: 1 -0.5"],
            await ReadAsync(database, reader => reader.GetFieldValue<Vector>(1).ToArray()));
    }

    [PostgresFact]
    public async Task Halves_are_the_default()
    {
        string database = await server.CreateDatabaseAsync();
        await using IVectorSink sink = await OpenAsync($"{database};table=t");
        await StoreAsync(sink, new SinkRow("a", new float[] { 1 / 3f, -2 }));
        Assert.Equal(
            [$"a: {(float)(Half)(1 / 3f)} -2"],
            await ReadAsync(database, reader => Array.ConvertAll(reader.GetFieldValue<HalfVector>(1).ToArray(), half => (float)half)));
    }

    [PostgresFact]
    public async Task An_id_that_a_part_holds_twice_is_stored_with_its_last_vector()
    {
        string database = await server.CreateDatabaseAsync();
        await using IVectorSink sink = await OpenAsync($"{database};table=t;type=vector");
        await StoreAsync(sink, new("a", new float[] { 1, 1 }), new("b", new float[] { 2, 2 }), new("a", new float[] { 3, 3 }));
        Assert.Equal(
            ["a: 3 3", "b: 2 2"],
            await ReadAsync(database, reader => reader.GetFieldValue<Vector>(1).ToArray()));
    }

    [PostgresFact]
    public async Task Workers_that_open_and_store_at_once_do_not_hinder_each_other()
    {
        string database = await server.CreateDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            await using IVectorSink sink = await OpenAsync($"{database};table=t;type=vector");
            string[] ids = [.. Enumerable.Range(0, 50).Select(i => $"{i}")];
            for (int part = 0; part < 5; part++)
                await SinkRig.WriteAsync(sink, $"{worker}-{part}", worker % 2 == 0 ? ids : [.. ids.Reverse()]);
        })));
        Assert.Equal(50, (await ReadAsync(database, reader => reader.GetFieldValue<Vector>(1).ToArray())).Count);
    }

    [PostgresFact]
    public async Task A_table_in_a_schema_takes_many_jobs_of_one_schema_and_none_of_another()
    {
        string database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE SCHEMA images");
        await using IVectorSink one = await OpenAsync($"{database};table=images.t");
        await using IVectorSink other = await OpenAsync($"{database};table=images.t", job: "other");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(
            () => OpenAsync($"{database};table=images.t", schema: SinkRig.Schema with { Model = "m" }));
        Assert.Contains("table=images.t holds vectors with model nano, not m", refused.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_table_of_somebody_elses_is_refused_unless_it_fits_and_is_empty()
    {
        string database = await server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE fits (id text UNIQUE, embedding halfvec(2), caption text)");
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE bare (id text PRIMARY KEY)");
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE wide (id text PRIMARY KEY, embedding halfvec(3))");
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE loose (id text, embedding halfvec(2))");
        await PostgresServer.ExecuteAsync(
            database, "CREATE TABLE used (id text PRIMARY KEY, embedding halfvec(2)); INSERT INTO used VALUES ('x', NULL)");

        await (await OpenAsync($"{database};table=fits")).DisposeAsync();
        await DemandRefusedAsync($"{database};table=bare", "column embedding is missing; the job's vectors are halfvec(2)");
        await DemandRefusedAsync($"{database};table=wide", "column embedding is halfvec(3); the job's vectors are halfvec(2)");
        await DemandRefusedAsync($"{database};table=loose", "the table's id needs a primary key or a unique index");
        await DemandRefusedAsync($"{database};table=used", "it holds rows of an unknown model");
        await DemandRefusedAsync($"{database};table=nowhere.t", "create the schema, or name another in table=");
    }

    [PostgresFact]
    public async Task A_database_that_does_not_exist_is_named()
    {
        string database = (await server.CreateDatabaseAsync()).Replace("Database=test", "Database=nosuch", StringComparison.Ordinal);
        await DemandRefusedAsync($"{database};table=t", "check Database, or create it");
    }

    [PostgresFact]
    public async Task An_id_that_cannot_be_a_key_names_its_row()
    {
        await using IVectorSink sink = await OpenAsync($"{await server.CreateDatabaseAsync()};table=t");
        foreach (string id in (string[])["a\0b", new string('x', 3_000)])
        {
            SinkException refused = await Assert.ThrowsAsync<SinkException>(() => sink.PrepareAsync("p", SinkRig.Rows(id), default));
            Assert.Equal((SinkFault.RowRefused, id), (refused.Fault, refused.RowId));
        }
    }

    [PostgresFact]
    public async Task Without_pgvector_the_remedy_is_told()
    {
        string database = await server.CreateDatabaseAsync(types: false);
        if (PostgresServer.HasPgVector)
        {
            await (await OpenAsync($"{database};table=t")).DisposeAsync();
            return;
        }
        await DemandRefusedAsync($"{database};table=t", "have an administrator run CREATE EXTENSION vector");
    }

    [PgVectorFact]
    public async Task The_index_is_built_at_the_end_and_answers_by_cosine()
    {
        string database = await server.CreateDatabaseAsync();
        await using IVectorSink sink = await OpenAsync($"{database};table=t;index=hnsw");
        await StoreAsync(sink, new("right", new float[] { 1, 0 }), new("up", new float[] { 0, 1 }));
        await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);
        await sink.FinishAsync(SinkRig.Summary with { Done = 2 }, default);

        await using NpgsqlDataSource source = NpgsqlDataSource.Create(database);
        await using NpgsqlCommand indexes = source.CreateCommand("SELECT indexdef FROM pg_indexes WHERE indexname = 't_hnsw'");
        Assert.Contains("USING hnsw (embedding halfvec_cosine_ops)", (string?)await indexes.ExecuteScalarAsync(), StringComparison.Ordinal);
        await using NpgsqlCommand nearest = source.CreateCommand("SELECT id FROM t ORDER BY embedding <=> '[0.1, 5]' LIMIT 1");
        Assert.Equal("up", await nearest.ExecuteScalarAsync());
    }

    [Fact]
    public async Task An_index_on_too_many_dimensions_is_refused_before_anything_is_stored()
    {
        await DemandRefusedAsync(
            "Host=127.0.0.1;table=t;type=vector;index=hnsw", "at most 2000 dimensions, the vectors have 3200; use type=halfvec", 3_200);
        await DemandRefusedAsync(
            "Host=127.0.0.1;table=t;index=hnsw", "at most 4000 dimensions, the vectors have 6400; use no index", 6_400);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_may_come_back()
    {
        SinkException failure = await Assert.ThrowsAsync<SinkException>(
            () => OpenAsync("Host=127.0.0.1;Port=1;Username=u;Password=secret;table=t"));
        Assert.True(failure.IsTransient);
        Assert.Contains("Check that the server runs", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<IVectorSink> OpenAsync(string connection, string job = "job", SinkSchema? schema = null)
    {
        IVectorSink sink = SinkSpec.Parse($"pgvector:{connection}").Create(job);
        await sink.OpenAsync(schema ?? SinkRig.Schema, default);
        return sink;
    }

    private static async Task StoreAsync(IVectorSink sink, params SinkRow[] rows)
    {
        await sink.PrepareAsync("p", rows, default);
        await sink.CommitAsync("p", rows, default);
    }

    private static async Task DemandRefusedAsync(string connection, string message, int dimensions = 2)
    {
        SinkException refused = await Assert.ThrowsAsync<SinkException>(
            () => OpenAsync(connection, schema: SinkRig.Schema with { Dimensions = dimensions }));
        Assert.Equal(SinkFault.Refused, refused.Fault);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> ReadAsync(string database, Func<NpgsqlDataReader, float[]> vector)
    {
        NpgsqlDataSourceBuilder builder = new(database);
        builder.UseVector();
        await using NpgsqlDataSource source = builder.Build();
        await using NpgsqlCommand command = source.CreateCommand("SELECT id, embedding FROM t ORDER BY id COLLATE \"C\"");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
            rows.Add($"{reader.GetString(0)}: {string.Join(' ', vector(reader))}");
        return rows;
    }
}

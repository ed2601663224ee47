using Npgsql;
using VitGrid.Engine.Options;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Sinks.Postgres;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>To which databases a worker goes that a job names, and what it tells them.</summary>
public sealed class SinkHostTests : IDisposable
{
    private const string Secret = "s3cr3t-of-the-worker";

    private readonly string? _before = Environment.GetEnvironmentVariable("PGPASSWORD");

    public SinkHostTests() => Environment.SetEnvironmentVariable("PGPASSWORD", Secret);

    [Theory]
    [InlineData("db", "")]
    [InlineData("db", "other")]
    [InlineData("db:5433", "db:5432")]
    [InlineData("db,evil", "db")]
    [InlineData("127.0.0.1", "localhost")]
    [InlineData("/var/run/postgresql", "localhost")]
    [InlineData("db.evil.example", "db")]
    public void A_host_that_the_operator_does_not_list_is_refused_by_its_name(string host, string listed)
    {
        SinkException refused = Assert.Throws<SinkException>(
            () => Factory(listed).Create("a", $"pgvector:Host={host};Database=d;Password={Secret};table=t"));
        Assert.Equal(SinkFault.Refused, refused.Fault);
        Assert.Contains("Indexing:SinkHosts", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("db", "db")]
    [InlineData("DB", "db")]
    [InlineData("db;Port=5433", "db:5433")]
    [InlineData("db:5433", "db")]
    [InlineData("one,two:6000", "one,two")]
    [InlineData("::1", "::1")]
    [InlineData("/var/run/postgresql", "/var/run/postgresql")]
    public async Task A_listed_host_is_gone_to(string host, string listed) =>
        await Factory(listed).Create("a", $"pgvector:Host={host};Database=d;table=t").DisposeAsync();

    [Fact]
    public async Task A_server_that_is_not_listed_is_not_even_connected_to()
    {
        await using ClearTextServer server = new(ClearTextServer.Password);
        Assert.Throws<SinkException>(() => Factory("").Create("a", $"pgvector:Host=127.0.0.1;Port={server.Port};Username=u;table=t"));
        Assert.Equal(0, server.Connections);
    }

    [Theory]
    [InlineData(ClearTextServer.Password)]
    [InlineData(ClearTextServer.Md5)]
    public async Task A_listed_server_that_asks_for_the_password_in_clear_is_sent_none(int asks)
    {
        await using ClearTextServer server = new(asks);
        await using IVectorSink sink = Factory("127.0.0.1").Create(
            "a", $"pgvector:Host=127.0.0.1;Port={server.Port};Username=u;Password={Secret};Require Auth=Password,MD5;table=t");
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => sink.OpenAsync(SinkRig.Schema, default));
        Assert.Equal(SinkFault.Refused, refused.Fault);
        Assert.Contains("scram-sha-256", refused.Message, StringComparison.Ordinal);
        Assert.True(server.Connections > 0);
        Assert.Contains("user", server.Heard, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, server.Heard, StringComparison.Ordinal);
        Assert.DoesNotContain("md5", server.Heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db", SinkTls.VerifyFull, SslMode.VerifyFull)]
    [InlineData("Host=db;SSL Mode=Disable", SinkTls.VerifyFull, SslMode.VerifyFull)]
    [InlineData("Host=db,127.0.0.1", SinkTls.VerifyFull, SslMode.VerifyFull)]
    [InlineData("Host=db", SinkTls.Require, SslMode.Require)]
    [InlineData("Host=db;SSL Mode=VerifyCA", SinkTls.Require, SslMode.VerifyCA)]
    [InlineData("Host=db;SSL Mode=Disable", SinkTls.Off, SslMode.Disable)]
    [InlineData("Host=127.0.0.1;SSL Mode=Disable", SinkTls.VerifyFull, SslMode.Disable)]
    [InlineData("Host=/var/run/postgresql", SinkTls.VerifyFull, SslMode.Prefer)]
    public void Beyond_loopback_the_stricter_of_operator_and_job_counts(string connection, SinkTls least, SslMode used)
    {
        NpgsqlConnectionStringBuilder built = new(PgVectorAccess.Connection(PgVectorTarget.Parse($"{connection};table=t"), least));
        Assert.Equal(used, built.SslMode);
        Assert.Equal(connection.Contains("db", StringComparison.Ordinal) ? "ScramSHA256" : "ScramSHA256,None", built.RequireAuth);
    }

    [Theory]
    [InlineData("Passfile=/etc/shadow", "PGPASSFILE")]
    [InlineData("Root Certificate=/tmp/mine.crt", "PGSSLROOTCERT")]
    [InlineData("SSL Key=/tmp/mine.key", "PGSSLKEY")]
    public void A_job_names_no_file_of_the_worker(string key, string variable) => Assert.Contains(
        variable, Assert.Throws<SinkException>(() => SinkSpec.Parse($"pgvector:Host=db;{key};table=t")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Host=db;Password=s3cr3t-of-the-worker;table=t")]
    [InlineData("npy:out;password=s3cr3t-of-the-worker")]
    [InlineData("pgvector:Host=db;Password=x;s3cr3t-of-the-worker;table=t")]
    [InlineData("pgvector:Host=db;Pasword=s3cr3t-of-the-worker;table=t")]
    [InlineData("pgvector:postgresql://u:s3cr3t-of-the-worker@db/d")]
    public void A_specification_that_cannot_be_read_is_told_without_its_password(string text) => Assert.DoesNotContain(
        Secret, Assert.Throws<SinkException>(() => SinkSpec.Parse(text)).Message, StringComparison.Ordinal);

    public void Dispose() => Environment.SetEnvironmentVariable("PGPASSWORD", _before);

    private static SinkFactory Factory(string hosts) => new(
        new IndexingOptions { SinkHosts = hosts.Split(',', StringSplitOptions.RemoveEmptyEntries) });
}

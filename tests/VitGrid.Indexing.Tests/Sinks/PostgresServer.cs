using System.Diagnostics;
using Npgsql;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>A fact that needs PostgreSQL's programs; skipped where there are none.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.Programs is null ? "PostgreSQL's initdb and postgres are not installed" : null;
}

/// <summary>A fact that needs the extension pgvector as well; skipped where the server has none.</summary>
public sealed class PgVectorFactAttribute : FactAttribute
{
    public PgVectorFactAttribute() => Skip = PostgresServer.HasPgVector ? null : "PostgreSQL's extension pgvector is not installed";
}

/// <summary>
/// A PostgreSQL of the tests' own on a free port of loopback. Where it has no pgvector, its databases get types of the same names that keep
/// the bytes they are sent: enough for copying and upserting, not for distances or indexes.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-postgres-").FullName;
    private readonly int _port = RedisServer.FreePort();
    private Process? _process;
    private Task _said = Task.CompletedTask;
    private int _databases;

    /// <summary>Folder of its programs; null where it is not installed.</summary>
    public static string? Programs { get; } = Candidates().FirstOrDefault(
        folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));

    public static bool HasPgVector { get; } = Programs is { } folder
        && File.Exists(Path.Combine(Capture(Path.Combine(folder, "pg_config"), "--sharedir"), "extension", "vector.control"));

    public async Task InitializeAsync()
    {
        if (Programs is null)
            return;
        if (Environment.IsPrivilegedProcess)
            Capture("chown", "postgres", _folder);
        string data = Path.Combine(_folder, "data");
        using (Process init = Start("initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", data))
        {
            string said = await init.StandardError.ReadToEndAsync();
            await init.WaitForExitAsync();
            Assert.True(init.ExitCode == 0, said);
        }
        _process = Start("postgres", "-D", data, "-p", $"{_port}", "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off");
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.Contains("ready to accept connections", StringComparison.Ordinal))
            {
                _said = _process.StandardError.ReadToEndAsync();
                return;
            }
        }
        throw new InvalidOperationException($"postgres ended with code {_process.ExitCode} before it was ready");
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            NpgsqlConnection.ClearAllPools();
            // SIGQUIT would leave shared memory behind; the smart shutdown of SIGTERM waits for clients.
            Capture("kill", "-INT", $"{_process.Id}");
            await _said;
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The connection of a new database, with pgvector's types or those that stand in for them.</summary>
    public async Task<string> CreateDatabaseAsync(bool types = true)
    {
        string name = $"test{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(Connection("postgres"), $"CREATE DATABASE {name}");
        if (types)
            await ExecuteAsync(Connection(name), HasPgVector ? "CREATE EXTENSION vector" : StandIn("vector") + StandIn("halfvec"));
        return Connection(name);
    }

    public static async Task ExecuteAsync(string connection, string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(connection);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private string Connection(string database) => $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database}";

    private static string StandIn(string type) =>
        $"""
        CREATE TYPE {type};
        CREATE FUNCTION {type}_in(cstring) RETURNS {type} AS 'byteain' LANGUAGE internal IMMUTABLE STRICT;
        CREATE FUNCTION {type}_out({type}) RETURNS cstring AS 'byteaout' LANGUAGE internal IMMUTABLE STRICT;
        CREATE FUNCTION {type}_recv(internal) RETURNS {type} AS 'bytearecv' LANGUAGE internal IMMUTABLE STRICT;
        CREATE FUNCTION {type}_send({type}) RETURNS bytea AS 'byteasend' LANGUAGE internal IMMUTABLE STRICT;
        CREATE TYPE {type} (INPUT = {type}_in, OUTPUT = {type}_out, RECEIVE = {type}_recv, SEND = {type}_send,
            TYPMOD_IN = varchartypmodin, TYPMOD_OUT = varchartypmodout, STORAGE = extended);

        """;

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private static Process Start(string program, params string[] arguments)
    {
        string path = Path.Combine(Programs!, program);
        ProcessStartInfo start = Environment.IsPrivilegedProcess
            ? new("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : new(path, arguments);
        start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        return Process.Start(start)!;
    }

    private static string Capture(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return said;
    }

    private static IEnumerable<string> Candidates() =>
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(
            folder => File.Exists(Path.Combine(folder, "pg_config"))),
        .. Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").Order(
            StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")) : [],
    ];
}

using Npgsql;
using VitGrid.Engine.Options;

namespace VitGrid.Indexing.Sinks.Postgres;

/// <summary>
/// How a worker connects to a database that a job names: whoever writes the queue may name any, and the password is the worker's.
/// </summary>
internal static class PgVectorAccess
{
    // The password itself never leaves the worker; without a server's proof that it knows the password too, nothing is stored.
    private const string Proof = "ScramSHA256";

    // PostgreSQL on the same machine often trusts its users, and is then sent nothing.
    private const string ProofOrNone = "ScramSHA256,None";

    /// <summary>Refuses what names files of the worker: they are its operator's, who names them in the environment.</summary>
    /// <exception cref="SinkException">The connection has such a key.</exception>
    public static void RefuseWorkersOwn(NpgsqlConnectionStringBuilder connection)
    {
        (string Key, string? Value, string Variable)[] files =
        [
            ("Passfile", connection.Passfile, "PGPASSFILE"),
            ("SSL Certificate", connection.SslCertificate, "PGSSLCERT"),
            ("SSL Key", connection.SslKey, "PGSSLKEY"),
            ("SSL Password", connection.SslPassword, "PGSSLKEY"),
            ("Root Certificate", connection.RootCertificate, "PGSSLROOTCERT"),
        ];
        foreach ((string key, string? value, string variable) in files)
        {
            if (!string.IsNullOrEmpty(value))
                throw PgVectorTarget.Refused($"'{key}' is not a job's to name; give the workers {variable} in their environment instead");
        }
    }

    /// <summary>The connection as it is used: encrypted as the operator wants it at least, and never with a password in clear.</summary>
    /// <param name="target">The database.</param>
    /// <param name="least">TLS beyond this machine.</param>
    public static string Connection(PgVectorTarget target, SinkTls least)
    {
        NpgsqlConnectionStringBuilder connection = new(target.Connection);
        bool isLocal = target.Hosts.All(host => host.IsLocal);
        if (!isLocal)
            connection.SslMode = (SslMode)Math.Max((int)connection.SslMode, (int)Mode(least));
        connection.RequireAuth = isLocal ? ProofOrNone : Proof;
        connection.GssEncryptionMode = GssEncryptionMode.Disable;
        connection.PersistSecurityInfo = connection.IncludeErrorDetail = connection.LogParameters = false;
        return connection.ConnectionString;
    }

    private static SslMode Mode(SinkTls tls) => tls switch
    {
        SinkTls.VerifyFull => SslMode.VerifyFull,
        SinkTls.VerifyCA => SslMode.VerifyCA,
        SinkTls.Require => SslMode.Require,
        _ => SslMode.Disable,
    };
}

using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace VitGrid.Transport;

/// <summary>
/// The certificates for the next link: read again when one of their files has changed, kept while the new ones cannot be used.
/// </summary>
public sealed partial class TlsRotation(DataPlaneTls files, ILogger logger)
{
    private readonly Lock _lock = new();
    private TlsCertificates _current = TlsCertificates.Read(files);
    private (DateTime, DateTime, DateTime) _stamp = Stamp(files);

    /// <summary>The certificates to use now.</summary>
    public TlsCertificates Current
    {
        get
        {
            lock (_lock)
            {
                if (Stamp(files) is var stamp && stamp != _stamp)
                {
                    _stamp = stamp;
                    ReadAgain();
                }
                return _current;
            }
        }
    }

    private void ReadAgain()
    {
        try
        {
            // The old ones are left to the collector: a handshake may still use them.
            _current = TlsCertificates.Read(files);
            LogRead(files.Certificate);
        }
        catch (Exception exception)
            when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            LogKept(exception, files.Certificate);
        }
    }

    private static (DateTime, DateTime, DateTime) Stamp(DataPlaneTls files) =>
        (File.GetLastWriteTimeUtc(files.Certificate), File.GetLastWriteTimeUtc(files.Key), File.GetLastWriteTimeUtc(files.Authority));

    [LoggerMessage(1031, LogLevel.Information, "The certificates have changed; new connections use {Certificate} as it is now")]
    private partial void LogRead(string certificate);

    [LoggerMessage(1032, LogLevel.Error,
        "The certificates have changed but cannot be used; new connections go on with the earlier ones ({Certificate})")]
    private partial void LogKept(Exception failure, string certificate);
}

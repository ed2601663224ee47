using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace VitGrid.Transport;

/// <summary>
/// The certificates for the next connection: made again when what their files hold has changed, kept while the new ones cannot be used.
/// Contents are compared, not times: whoever swaps a link to a folder (Kubernetes) may leave times and lengths as they were. Any thread may
/// call.
/// </summary>
public sealed partial class TlsRotation
{
    private readonly Lock _lock = new();
    private readonly TlsFiles _files;
    private readonly ILogger _logger;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private TlsCertificates _current;
    private PemTexts? _seen;
    private long _looked;

    /// <summary>Reads the certificates of a grid's member; their files are looked at for every connection.</summary>
    /// <exception cref="CryptographicException">They cannot be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public TlsRotation(DataPlaneTls files, ILogger logger)
        : this((files ?? throw new ArgumentNullException(nameof(files))).Files, logger, TimeSpan.Zero, TimeProvider.System)
    {
    }

    /// <summary>Reads the certificates.</summary>
    /// <param name="files">Their files.</param>
    /// <param name="logger">Told of changes.</param>
    /// <param name="interval">Shortest time between two looks at the files.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CryptographicException">They cannot be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public TlsRotation(TlsFiles files, ILogger logger, TimeSpan interval, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(time);
        (_files, _logger, _interval, _time) = (files, logger, interval, time);
        _looked = time.GetTimestamp();
        _seen = PemTexts.Read(files);
        _current = TlsCertificates.From(files, _seen);
    }

    /// <summary>The certificates to use now.</summary>
    public TlsCertificates Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetElapsedTime(_looked) >= _interval)
                    Look();
                return _current;
            }
        }
    }

    private void Look()
    {
        _looked = _time.GetTimestamp();
        PemTexts? before = _seen;
        try
        {
            _seen = null;
            _seen = PemTexts.Read(_files);
            if (_seen == before)
                return;
            // The old ones are left to the collector: a handshake may still use them.
            _current = TlsCertificates.From(_files, _seen);
            LogRead(_files.Certificate);
        }
        catch (Exception exception)
            when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Files that are missing are told of once, not at every look.
            if (_seen is not null || before is not null)
                LogKept(exception, _files.Certificate);
        }
    }

    [LoggerMessage(1031, LogLevel.Information, "The certificates have changed; new connections use {Certificate} as it is now")]
    private partial void LogRead(string certificate);

    [LoggerMessage(1032, LogLevel.Error,
        "The certificates have changed but cannot be used; new connections go on with the earlier ones ({Certificate})")]
    private partial void LogKept(Exception failure, string certificate);
}

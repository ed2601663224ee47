using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VitGrid.Transport;

/// <summary>The certificates as they were read from their files.</summary>
public sealed class TlsCertificates : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _authorities;
    private readonly SslStreamCertificateContext _context;

    private TlsCertificates(X509Certificate2 certificate, X509Certificate2Collection chain, X509Certificate2Collection authorities)
    {
        _certificate = certificate;
        _authorities = authorities;
        _context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    /// <summary>Reads the three files.</summary>
    /// <exception cref="CryptographicException">A file holds no certificate or no key, the two do not belong together, or the authority
    /// did not sign.</exception>
    internal static TlsCertificates Read(DataPlaneTls files) => From(files.Files, PemTexts.Read(files.Files));

    /// <summary>Makes them of what their files hold.</summary>
    /// <exception cref="CryptographicException">As of <see cref="Read"/>.</exception>
    internal static TlsCertificates From(TlsFiles files, PemTexts texts)
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPem(texts.Authority);
        if (files.Authority is not null && authorities.Count == 0)
            throw new CryptographicException($"'{files.Authority}' holds no PEM certificate");
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(texts.Certificate);
        using X509Certificate2 read = files.Password is { } password
            ? X509Certificate2.CreateFromEncryptedPem(texts.Certificate, texts.Key, password)
            : X509Certificate2.CreateFromPem(texts.Certificate, texts.Key);
        // Windows cannot use a key that exists in memory only; the round trip through PKCS #12 costs nothing elsewhere.
        TlsCertificates certificates = new(X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null), chain, authorities);
        return !files.IsMutual || certificates.SignedByAuthority(chain)
            ? certificates
            : throw new CryptographicException(
                $"'{files.Certificate}' is not signed by an authority in '{files.Authority}', or not valid now");
    }

    /// <summary>Whether they let this process be a front end and no more.</summary>
    internal bool IsFrontEnd => CertificateRole.IsFrontEnd(_certificate);

    /// <summary>
    /// Puts the certificate into the options of a handshake that a server begins, in place of any other, and the authorities by which a
    /// client's is judged.
    /// </summary>
    public void ApplyTo(SslServerAuthenticationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ServerCertificateSelectionCallback = null;
        options.ServerCertificateContext = _context;
        if (_authorities.Count > 0)
            options.CertificateChainPolicy = Policy();
    }

    /// <summary>How this side accepts a link.</summary>
    /// <param name="workersOnly">Whether a front end's certificate is refused.</param>
    public SslServerAuthenticationOptions ForServer(bool workersOnly = false) => new()
    {
        ServerCertificateContext = _context,
        ClientCertificateRequired = true,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = workersOnly ? IsTrustedWorker : IsTrusted,
    };

    /// <summary>How this side opens a link: whoever listens is a worker.</summary>
    public SslClientAuthenticationOptions ForClient(string host) => new()
    {
        TargetHost = host,
        ClientCertificateContext = _context,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = IsTrustedWorker,
    };

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private X509ChainPolicy Policy()
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        return policy;
    }

    private bool SignedByAuthority(X509Certificate2Collection intermediates)
    {
        using X509Chain chain = new() { ChainPolicy = Policy() };
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        return chain.Build(_certificate);
    }

    // Processes are addressed by whatever the network calls them: the authority vouches for membership, not for a name.
    private static bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;

    private static bool IsTrustedWorker(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        IsTrusted(sender, certificate, chain, errors) && !CertificateRole.IsFrontEnd(certificate);
}

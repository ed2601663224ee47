using System.Security.Cryptography;

namespace VitGrid.Transport;

/// <summary>Certificates by which processes know each other. Files are read again for new links when they change.</summary>
/// <param name="Certificate">PEM file: this process's certificate, intermediates after it. For server and client authentication if it
/// names uses.</param>
/// <param name="Key">PEM file: its private key, unencrypted.</param>
/// <param name="Authority">PEM file: the certificates of the authorities that sign peers' certificates.</param>
public sealed record DataPlaneTls(string Certificate, string Key, string Authority)
{
    internal TlsFiles Files => new(Certificate, Key, Authority) { IsMutual = true };

    /// <summary>Whether the certificate is a front end's (<see cref="CertificateRole"/>).</summary>
    public bool IsFrontEnds()
    {
        using TlsCertificates read = TlsCertificates.Read(this);
        return read.IsFrontEnd;
    }

    /// <summary>Every file that cannot be used, with the reason; empty when there is none.</summary>
    /// <param name="listens">Whether others connect to this process: a front end's certificate does not do for that.</param>
    public IReadOnlyList<string> Faults(bool listens = false)
    {
        List<string> missing = [.. new[] { ("Certificate", Certificate), ("Key", Key), ("Authority", Authority) }
            .Where(file => !File.Exists(file.Item2))
            .Select(file => $"VitGrid:Cluster:Tls:{file.Item1} is '{file.Item2}'; there is no such file")];
        if (missing.Count > 0)
            return missing;
        try
        {
            using TlsCertificates read = TlsCertificates.Read(this);
            return !listens || !read.IsFrontEnd ? [] : [$"VitGrid:Cluster:Tls:Certificate is '{Certificate}', a front end's: it names "
                + $"{CertificateRole.FrontEndName}; give a worker a certificate without that name, or start it with --role api"];
        }
        catch (Exception exception)
            when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [$"VitGrid:Cluster:Tls cannot be used (Certificate '{Certificate}', Key '{Key}', Authority '{Authority}'): "
                + exception.Message];
        }
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VitGrid.Transport;

namespace VitGrid.Testing;

/// <summary>A certificate authority of the tests' own, with its files in a temp folder.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vitgrid-tests-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        CertificateRequest request = new("CN=tests", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(AuthorityFile, _certificate.ExportCertificatePem());
    }

    public string AuthorityFile => Path.Combine(_folder, "authority.pem");

    /// <summary>A member's files; a name given again overwrites its files.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="dnsNames">Its alternative names.</param>
    public DataPlaneTls Issue(string name, params string[] dnsNames)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        Array.ForEach(dnsNames, names.AddDnsName);
        if (dnsNames.Length > 0)
            request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(
            _certificate, _certificate.NotBefore, _certificate.NotAfter, RandomNumberGenerator.GetBytes(8));
        DataPlaneTls files = new(Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"), AuthorityFile);
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

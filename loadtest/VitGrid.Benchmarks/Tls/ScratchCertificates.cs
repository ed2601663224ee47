using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VitGrid.Transport;

namespace VitGrid.Benchmarks.Tls;

/// <summary>An authority and a member's certificate in a folder, as operators have them.</summary>
internal static class ScratchCertificates
{
    /// <summary>The files of a folder.</summary>
    public static DataPlaneTls Files(string folder) =>
        new(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"), Path.Combine(folder, "ca.crt"));

    /// <summary>Writes them.</summary>
    public static void Write(string folder)
    {
        DataPlaneTls files = Files(folder);
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using X509Certificate2 member = new CertificateRequest("CN=member", key, HashAlgorithmName.SHA256).Create(
            authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(files.Authority, authority.ExportCertificatePem());
        File.WriteAllText(files.Certificate, member.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
    }
}

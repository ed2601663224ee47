using System.Security.Cryptography.X509Certificates;

namespace VitGrid.Transport;

/// <summary>
/// What a certificate lets its owner do. One that names <see cref="FrontEndName"/> among its DNS names is a front end's and nothing else,
/// whatever else it names; every other certificate of the authority is a worker's, which may do all that a front end may.
/// </summary>
public static class CertificateRole
{
    /// <summary>DNS name in the subject's alternative names that makes a certificate a front end's.</summary>
    public const string FrontEndName = "front-end.vitgrid";

    /// <summary>Whether the certificate is a front end's.</summary>
    public static bool IsFrontEnd(X509Certificate? certificate) => certificate is X509Certificate2 whole
        && whole.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames())
            .Contains(FrontEndName, StringComparer.OrdinalIgnoreCase);
}

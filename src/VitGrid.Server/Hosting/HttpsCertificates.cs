using System.Security.Cryptography;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using VitGrid.Server.Hosting.Options;
using VitGrid.Transport;

namespace VitGrid.Server.Hosting;

/// <summary>The certificate of the HTTP port, as its files are now.</summary>
internal sealed class HttpsCertificates
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TlsRotation _rotation;

    /// <exception cref="OptionsException">The files cannot be used.</exception>
    public HttpsCertificates(HttpOptions http, TimeProvider time, ILogger<HttpsCertificates> logger)
    {
        try
        {
            _rotation = new(Files(http), logger, Interval, time);
        }
        catch (Exception exception)
            when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OptionsException([
                $"VitGrid:Http:Certificate cannot be used (Certificate '{http.Certificate}', CertificateKey '{http.CertificateKey}', "
                    + $"ClientAuthority '{http.ClientAuthority}'): {exception.Message}"]);
        }
    }

    /// <summary>The certificates for the next connection.</summary>
    public TlsCertificates Current => _rotation.Current;

    private static TlsFiles Files(HttpOptions http) => new(
        http.Certificate!, http.CertificateKey!, http.ClientCertificates == ClientCertificates.None ? null : http.ClientAuthority)
    {
        Password = http.CertificatePasswordFile is { } file ? File.ReadAllText(file).Trim() : http.CertificatePassword,
    };
}

/// <summary>HTTPS on the addresses that ask for it, with HTTP/2.</summary>
internal static class Https
{
    /// <summary>Lets the host listen on addresses of <c>https</c>; without one it changes nothing.</summary>
    public static void UseHttps(this WebApplicationBuilder builder, HttpOptions http)
    {
        builder.Services.AddSingleton<HttpsCertificates>();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => Configure(https, kestrel, http)));
    }

    private static void Configure(HttpsConnectionAdapterOptions https, KestrelServerOptions kestrel, HttpOptions http)
    {
        HttpsCertificates certificates = kestrel.ApplicationServices.GetRequiredService<HttpsCertificates>();
        // Kestrel asks for one of its own kinds of certificate; each handshake gets the present one with its chain instead.
        https.ServerCertificateSelector = (_, _) => null;
        https.OnAuthenticate = (_, handshake) => certificates.Current.ApplyTo(handshake);
        https.ClientCertificateMode = http.ClientCertificates switch
        {
            ClientCertificates.Allow => ClientCertificateMode.AllowCertificate,
            ClientCertificates.Require => ClientCertificateMode.RequireCertificate,
            _ => ClientCertificateMode.NoCertificate,
        };
    }
}

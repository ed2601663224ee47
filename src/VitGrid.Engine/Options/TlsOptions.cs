using VitGrid.Settings;

namespace VitGrid.Engine.Options;

/// <summary>
/// Mutual TLS: every process shows a certificate and accepts only those of one authority. PEM files; read again when they change.
/// </summary>
public sealed record TlsOptions
{
    private const string Form = "a PEM file; Certificate, Key and Authority stand together";

    /// <summary>File of this process's certificate, its chain after it.</summary>
    [Setting("this process's certificate, intermediates after it; for server and client", Form = Form)]
    public required string Certificate { get; init; }

    /// <summary>File of the certificate's private key.</summary>
    [Setting("its private key, unencrypted", Form = Form)]
    public required string Key { get; init; }

    /// <summary>File of the authority's certificates.</summary>
    [Setting("the authorities whose certificates are let in", Form = Form)]
    public required string Authority { get; init; }
}

namespace VitGrid.Transport;

/// <summary>PEM files of a certificate that a process shows.</summary>
/// <param name="Certificate">Its certificate, intermediates after it.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Authority">The authorities that sign peers' certificates; null: peers show none.</param>
public sealed record TlsFiles(string Certificate, string Key, string? Authority = null)
{
    /// <summary>The password of an encrypted key; null: it is not encrypted.</summary>
    public string? Password { get; init; }

    /// <summary>Whether the authorities must have signed the certificate itself, as among members of a grid.</summary>
    public bool IsMutual { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"Certificate '{Certificate}', Key '{Key}', Authority '{Authority}'";
}

/// <summary>What PEM files hold: equal where all their contents are, whatever their times and lengths.</summary>
internal sealed record PemTexts(string Certificate, string Key, string Authority)
{
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">A file cannot be read, or is too large to be of certificates.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static PemTexts Read(TlsFiles files) =>
        new(Read(files.Certificate), Read(files.Key), files.Authority is { } authority ? Read(authority) : "");

    private static string Read(string file) => new FileInfo(file).Length <= MaxBytes
        ? File.ReadAllText(file) : throw new IOException($"'{file}' has more than {MaxBytes:N0} bytes, which no certificate has");
}

using VitGrid.Settings;

namespace VitGrid.Server.Hosting.Options;

/// <summary>Whether clients show certificates.</summary>
internal enum ClientCertificates
{
    /// <summary>They are not asked.</summary>
    None,

    /// <summary>One that is shown must be of the authority.</summary>
    Allow,

    /// <summary>Each must show one.</summary>
    Require,
}

/// <summary>The HTTP front end.</summary>
internal sealed record HttpOptions : ISettingRules
{
    /// <summary>Addresses to listen on; port 0 takes a free one.</summary>
    [Setting("where HTTP is listened on, as `--urls`; port 0 takes a free one",
        Form = "addresses `http://HOST:PORT` or `https://HOST:PORT`", Accepts = nameof(IsAddress))]
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080"];

    /// <summary>File of the certificate for addresses of <c>https</c>; null: none.</summary>
    [Setting("the certificate of `https` addresses, intermediates after it; read again when it changes", Form = "a PEM file",
        Beside = "with `CertificateKey`")]
    public string? Certificate { get; init; }

    /// <summary>File of its private key.</summary>
    [Setting("its private key", Form = "a PEM file", Beside = "with `Certificate`")]
    public string? CertificateKey { get; init; }

    /// <summary>The key's password; null: it is not encrypted, or <see cref="CertificatePasswordFile"/> has it.</summary>
    [Setting("the password of an encrypted key; give it by the environment, or by `CertificatePasswordFile`", Form = "a password")]
    public string? CertificatePassword { get; init; }

    /// <summary>File of the key's password.</summary>
    [Setting("a file that holds that password", Form = "a file", Beside = "not with `CertificatePassword`")]
    public string? CertificatePasswordFile { get; init; }

    /// <summary>Whether clients show certificates on addresses of <c>https</c>.</summary>
    [Setting("whether clients of `https` addresses show a certificate of `ClientAuthority`: none asks for none; allow takes requests "
        + "without")]
    public ClientCertificates ClientCertificates { get; init; }

    /// <summary>File of the authorities that sign clients' certificates.</summary>
    [Setting("the authorities that sign clients' certificates", Form = "a PEM file", Beside = "needed by `ClientCertificates`")]
    public string? ClientAuthority { get; init; }

    /// <summary>
    /// Names under which this server may be asked, beside loopback's and IP addresses; <c>*.</c> before a name stands for all below it.
    /// </summary>
    [Setting("names under which this server may be asked, beside `localhost`, IP addresses and the names in `Http:Urls`; others get 421",
        Form = "names such as `images.example` or `*.images.example`, without ports", Accepts = nameof(IsHost), MaxCount = 1_000)]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Origins of pages that may call this server from a browser, beside its own.</summary>
    [Setting("origins of pages that may call this server from a browser (CORS), beside its own; others get 403",
        Form = "origins such as `https://app.example`, without a path", Accepts = nameof(IsOrigin), MaxCount = 1_000)]
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Whether the API's document is shown as a page at <c>/docs</c>.</summary>
    [Setting("whether `/docs` shows the API as a page; it loads nothing from elsewhere")]
    public bool Docs { get; init; } = true;

    /// <summary>Whether browsers are shown the page at <c>/</c>.</summary>
    [Setting("whether `/` shows browsers the page: the grid at work; it loads nothing from elsewhere")]
    public bool Page { get; init; } = true;

    /// <summary>Pages that may be open at once.</summary>
    [Setting("pages that may be open at once in this process; a further one says so", Unit = "pages", Min = 1, Max = 10_000)]
    public int PageCircuits { get; init; } = 200;

    /// <summary>Largest request body.</summary>
    [Setting("the largest request body, and line of a batch", Unit = "bytes", Min = 1_000, Max = 1_000_000_000)]
    public long MaxBodyBytes { get; init; } = 64_000_000;

    /// <summary>Bytes of all bodies being read at once; more are refused with 429.</summary>
    [Setting("all bodies being read; more are refused with 429. The last eighth is for bodies up to 1 MiB", Unit = "bytes", Min = 1L << 20,
        Max = 1L << 40, Beside = "not below `MaxBodyBytes`")]
    public long MaxBufferedBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of one client's bodies being read at once; 0: half of <see cref="MaxBufferedBytes"/>.</summary>
    [Setting("bodies being read of one key, or of one address where keys are off; more are refused with 429. The last eighth is for bodies "
        + "up to 1 MiB. 0: half of `MaxBufferedBytes`", Unit = "bytes", Min = 0, Max = 1L << 40, Beside = "0 or not below `MaxBodyBytes`")]
    public long MaxClientBytes { get; init; }

    /// <summary>Longest time a body may take to arrive; a file of a batch has <see cref="UploadSeconds"/>.</summary>
    [Setting("longest time a request's body may take to arrive; then 408", Unit = "s", Min = 1, Max = 86_400)]
    public int BodySeconds { get; init; } = 60;

    /// <summary>Longest time a file of <c>/v1/files</c> may take to arrive.</summary>
    [Setting("the same of a file for `/v1/files`, which goes to the spool as it arrives", Unit = "s", Min = 1, Max = 86_400)]
    public int UploadSeconds { get; init; } = 3_600;

    /// <summary>Images in one request.</summary>
    [Setting("images in one request", Unit = "images", Min = 1, Max = 10_000, Beside = "not above `Queue:MaxImages`")]
    public int MaxInputs { get; init; } = 256;

    /// <summary>Time an idle connection is kept.</summary>
    [Setting("how long an idle connection is kept", Unit = "s", Min = 1, Max = 86_400)]
    public int KeepAliveSeconds { get; init; } = 130;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(SettingPath path) => SettingPath.AtMost(
            path[nameof(MaxBodyBytes)], MaxBodyBytes, path[nameof(MaxBufferedBytes)], MaxBufferedBytes,
            "the largest body would always be refused")
        .Concat(MaxClientBytes == 0 ? [] : SettingPath.AtMost(
            path[nameof(MaxBodyBytes)], MaxBodyBytes, path[nameof(MaxClientBytes)], MaxClientBytes,
            "the largest body would always be refused"))
        .Concat(FaultsOfTls(path));

    /// <summary>Whether an address speaks TLS.</summary>
    public static bool IsSecure(string url) => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private IEnumerable<string> FaultsOfTls(SettingPath path)
    {
        if (Urls.FirstOrDefault(IsSecure) is { } secure && (Certificate is null || CertificateKey is null))
            yield return $"{path[nameof(Urls)]} has {secure}, which needs {path[nameof(Certificate)]} and {path[nameof(CertificateKey)]}";
        if (Certificate is null != CertificateKey is null)
            yield return $"{path[nameof(Certificate)]} and {path[nameof(CertificateKey)]} stand together; one of them is missing";
        if (CertificatePassword is not null && CertificatePasswordFile is not null)
            yield return $"{path[nameof(CertificatePassword)]} and {path[nameof(CertificatePasswordFile)]} are both set; keep one";
        if (ClientCertificates != ClientCertificates.None && ClientAuthority is null)
            yield return $"{path[nameof(ClientCertificates)]} is {ClientCertificates}, which needs {path[nameof(ClientAuthority)]}";
    }

    private static bool IsHost(string text) => Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text)
        is UriHostNameType.Dns or UriHostNameType.IPv4;

    /// <summary>As browsers write it: scheme, host and, where it is not the scheme's own, port.</summary>
    private static bool IsOrigin(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
        && uri.UserInfo.Length == 0 && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text is an address that can be listened on.</summary>
    public static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https", PathBase: "" };
        }
        catch (FormatException)
        {
            // BindingAddress has no TryParse.
            return false;
        }
    }
}

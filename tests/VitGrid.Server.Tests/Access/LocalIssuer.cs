using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace VitGrid.Server.Tests.Access;

/// <summary>An OpenID Connect issuer on loopback with a key of its own: its configuration and its JWKS.</summary>
internal sealed class LocalIssuer : IAsyncDisposable
{
    public const string Audience = "vitgrid-tests";

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly RsaSecurityKey _key;
    private readonly WebApplication _app;

    private LocalIssuer()
    {
        _key = new(_rsa) { KeyId = Guid.NewGuid().ToString("N") };
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Address, jwks_uri = $"{Address}/keys" }));
        _app.MapGet("/keys", () => Results.Json(new { keys = new[] { PublicKey() } }));
    }

    public string Address => _app.Urls.Single().TrimEnd('/');

    public static async Task<LocalIssuer> StartAsync()
    {
        LocalIssuer issuer = new();
        await issuer._app.StartAsync();
        return issuer;
    }

    public string Token(
        string scopes = "embed", string subject = "user-7", string audience = Audience, DateTime? expires = null, string? issuedBy = null,
        bool isSigned = true)
    {
        DateTime end = expires ?? DateTime.UtcNow.AddHours(1);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuedBy ?? Address,
            Audience = audience,
            IssuedAt = end.AddHours(-2),
            NotBefore = end.AddHours(-2),
            Expires = end,
            Subject = new ClaimsIdentity(
                new Claim[] { new("scope", scopes), new("sub", subject) }.Where(claim => claim.Value.Length > 0)),
            SigningCredentials = isSigned ? new(_key, SecurityAlgorithms.RsaSha256) : null,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }

    private object PublicKey()
    {
        RSAParameters parts = _rsa.ExportParameters(includePrivateParameters: false);
        return new
        {
            kty = "RSA",
            use = "sig",
            kid = _key.KeyId,
            n = Base64UrlEncoder.Encode(parts.Modulus),
            e = Base64UrlEncoder.Encode(parts.Exponent),
        };
    }
}

using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;
using VitGrid.Access.Keys;
using VitGrid.Access.Options;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Access;

/// <summary>
/// Judges tokens of the configured issuer by ASP.NET's JWT bearer: its keys are fetched, kept, and fetched anew when a token names one that
/// is not known. Any thread may call.
/// </summary>
internal sealed partial class TokenValidator
{
    private const int MaxLength = 16_384;
    private const int MaxTenant = 128;
    private static readonly TimeSpan IssuerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly JwtOptions _settings;
    private readonly JwtBearerOptions _bearer;
    private readonly ILogger<TokenValidator> _log;
    private int _isAway;

    public TokenValidator(JwtOptions settings, ILogger<TokenValidator> log)
    {
        (_settings, _log) = (settings, log);
        _bearer = new()
        {
            Authority = settings.Authority,
            Audience = settings.Audience,
            RequireHttpsMetadata = !settings.IsPlain,
            MapInboundClaims = false,
            BackchannelTimeout = IssuerTimeout,
        };
        new JwtBearerPostConfigureOptions().PostConfigure(JwtBearerDefaults.AuthenticationScheme, _bearer);
        _bearer.TokenValidationParameters.ClockSkew = Skew;
        _bearer.TokenValidationParameters.ConfigurationManager = _bearer.ConfigurationManager as BaseConfigurationManager;
    }

    /// <summary>The caller that a token names.</summary>
    /// <exception cref="ApiException">The token is not taken, or the issuer does not answer.</exception>
    public async Task<Caller> FindAsync(string token, KeyLimits limits, CancellationToken cancellationToken)
    {
        if (token.Length > MaxLength)
            throw Refused($"the token has more than {MaxLength:N0} characters");
        if (token.AsSpan().Count('.') != 2)
            throw Refused(Reason(null));
        await EnsureIssuerAsync(cancellationToken);
        TokenValidationResult result = await _bearer.TokenHandlers[0].ValidateTokenAsync(token, _bearer.TokenValidationParameters);
        if (!result.IsValid)
            throw Refused(Reason(result.Exception));
        return ToCaller(result.ClaimsIdentity, limits);
    }

    private static string Reason(Exception? exception) => exception switch
    {
        SecurityTokenExpiredException => "the token has expired; get a new one from its issuer",
        SecurityTokenNotYetValidException => "the token is not valid yet; see the clocks of its issuer and of this server",
        SecurityTokenInvalidIssuerException => "the token is of another issuer",
        SecurityTokenInvalidAudienceException => "the token was made for another audience",
        SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException => "the token is not signed by its issuer",
        _ => "what was sent is neither an API key nor a token that is taken here",
    };

    private Caller ToCaller(ClaimsIdentity claims, KeyLimits limits)
    {
        string? tenant = claims.FindFirst(_settings.TenantClaim)?.Value;
        if (tenant is not { Length: > 0 and <= MaxTenant } || tenant.Any(char.IsControl))
            throw Refused($"the token's claim '{_settings.TenantClaim}' is missing, or has more than {MaxTenant} characters or control "
                + "characters");
        // No subject can be taken for a key's id.
        return new($"sub:{tenant}")
        {
            Name = tenant,
            Scopes = AccessWords.KnownScopes(claims.FindAll(_settings.ScopeClaim).Select(claim => claim.Value)),
            Limits = limits,
        };
    }

    private async Task EnsureIssuerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _bearer.ConfigurationManager!.GetConfigurationAsync(cancellationToken);
            _isAway = 0;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
                LogAway(_settings.Authority, exception.GetType().Name);
            throw new ApiException(
                ApiCode.KeysUnavailable, "the issuer of tokens does not answer at present; try again in a moment");
        }
    }

    private static ApiException Refused(string why) => new(ApiCode.InvalidApiKey, why);

    [LoggerMessage(7111, LogLevel.Warning,
        "The issuer of tokens, {Authority}, does not answer ({Reason}); its tokens are refused with 503 until it does")]
    private partial void LogAway(string authority, string reason);
}

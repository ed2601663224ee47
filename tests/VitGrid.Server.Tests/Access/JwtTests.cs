using VitGrid.Access.Options;
using VitGrid.Server.Tests.Api;

namespace VitGrid.Server.Tests.Access;

public sealed class JwtTests
{
    [Fact]
    public async Task A_token_of_the_issuer_comes_in_with_the_scopes_and_the_tenant_of_its_claims()
    {
        await using LocalIssuer issuer = await LocalIssuer.StartAsync();
        await using KeyedApi api = await OpenAsync(issuer);
        string token = issuer.Token(scopes: "openid embed other:thing");
        Answer answer = await api.EmbedAsync(token);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal("sub:user-7", Assert.Single(api.Door.Grid.Asked).Tenant);
        (await api.GetAsync("/v1/files", token)).IsRefusal(403, "scope_missing", null, "'user-7'", "needs files");
    }

    [Fact]
    public async Task An_expired_token_and_foreign_ones_are_401_and_none_is_logged()
    {
        await using LocalIssuer issuer = await LocalIssuer.StartAsync(), other = await LocalIssuer.StartAsync();
        await using KeyedApi api = await OpenAsync(issuer);
        string expired = issuer.Token(expires: DateTime.UtcNow.AddHours(-1));
        string foreignKey = other.Token(issuedBy: issuer.Address), foreignIssuer = other.Token();
        string audience = issuer.Token(audience: "another"), unsigned = issuer.Token(isSigned: false), cut = issuer.Token()[..^9];
        (await api.EmbedAsync(expired)).IsRefusal(401, "invalid_api_key", null, "has expired");
        (await api.EmbedAsync(foreignKey)).IsRefusal(401, "invalid_api_key", null, "not signed by its issuer");
        (await api.EmbedAsync(foreignIssuer)).IsRefusal(401, "invalid_api_key", null);
        (await api.EmbedAsync(audience)).IsRefusal(401, "invalid_api_key", null, "another audience");
        (await api.EmbedAsync(unsigned)).IsRefusal(401, "invalid_api_key", null);
        (await api.EmbedAsync(cut)).IsRefusal(401, "invalid_api_key", null);
        Assert.Empty(api.Door.Grid.Asked);
        Assert.All(
            [expired, foreignKey, foreignIssuer, audience, cut],
            token => Assert.DoesNotContain(token.Split('.')[1][..24], api.Log, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_is_taken_as_bearer_alone_and_without_its_tenant_not_at_all()
    {
        await using LocalIssuer issuer = await LocalIssuer.StartAsync();
        await using KeyedApi api = await OpenAsync(issuer);
        (await api.EmbedAsync(issuer.Token(), header: "api-key")).IsRefusal(401, "invalid_api_key", null);
        (await api.EmbedAsync(issuer.Token(subject: ""))).IsRefusal(401, "invalid_api_key", null, "'sub'");
    }

    [Fact]
    public async Task While_the_issuer_does_not_answer_tokens_get_503_and_keys_go_on()
    {
        LocalIssuer issuer = await LocalIssuer.StartAsync();
        await using KeyedApi api = await OpenAsync(issuer);
        string token = issuer.Token(), key = await api.KeyAsync("one");
        await issuer.DisposeAsync();
        (await api.EmbedAsync(token)).IsRefusal(503, "keys_unavailable", null, "issuer");
        Assert.Equal(200, (await api.EmbedAsync(key)).Status);
    }

    private static Task<KeyedApi> OpenAsync(LocalIssuer issuer) =>
        KeyedApi.OpenAsync(new AuthOptions { Jwt = new() { Authority = issuer.Address, Audience = LocalIssuer.Audience } });
}

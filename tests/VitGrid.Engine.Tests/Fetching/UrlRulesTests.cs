using VitGrid.Engine.Fetching;
using VitGrid.Engine.Options;

namespace VitGrid.Engine.Tests.Fetching;

/// <summary>What a URL must look like.</summary>
public sealed class UrlRulesTests
{
    private static readonly UrlFetchOptions On = new() { Enabled = true };

    [Theory]
    [InlineData("https://example.org/a.png")]
    [InlineData("HTTPS://Example.org:443/a.png?x=1")]
    [InlineData("https://2130706433/")]
    public void Https_at_its_own_port_is_fetched(string url) =>
        Assert.StartsWith("https://", new UrlRules(On).Check(url).AbsoluteUri, StringComparison.Ordinal);

    [Theory]
    [InlineData("http://example.org/a.png", "AllowHttp")]
    [InlineData("ftp://example.org/a.png", "only https")]
    [InlineData("file:///etc/passwd", "only https")]
    [InlineData("gopher://example.org/", "only https")]
    [InlineData("https://", "no URL")]
    [InlineData("https://user:secret@example.org/a.png", "user or password")]
    [InlineData("https://example.org:8443/a.png", "port 8443")]
    [InlineData("https://example.org:22/a.png", "UrlFetch:Ports")]
    public void Everything_else_is_refused_with_the_reason(string url, string reason)
    {
        UrlFetchException refused = Assert.Throws<UrlFetchException>(() => new UrlRules(On).Check(url));
        Assert.Equal(("url_not_allowed", UrlFault.NotAllowed), (refused.Code, refused.Fault));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_fetched_unless_it_was_turned_on() =>
        Assert.Contains("fetches none", Assert.Throws<UrlFetchException>(
            () => new UrlRules(new()).Check("https://example.org/a.png")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("images.example.org", true)]
    [InlineData("IMAGES.example.org.", true)]
    [InlineData("example.org", false)]
    [InlineData("a.cdn.example.net", true)]
    [InlineData("a.b.cdn.example.net", true)]
    [InlineData("cdn.example.net", false)]
    [InlineData("evilcdn.example.net", false)]
    [InlineData("images.example.org.evil.com", false)]
    public void Only_hosts_that_were_named_are_asked(string host, bool asked)
    {
        HostRules rules = new(["images.example.org", "*.cdn.example.net"]);
        Assert.Equal(asked, rules.Allows(host));
    }

    [Fact]
    public void Messages_show_neither_a_signature_nor_a_password_nor_control_characters()
    {
        Assert.Equal("https://…@h/a", UrlRules.Show("https://me:pass@h/a?sig=1#x"));
        Assert.Equal("https://h/a?b", UrlRules.Show("https://h/a\nb"));
    }
}

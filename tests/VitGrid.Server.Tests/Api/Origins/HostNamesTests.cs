using Microsoft.AspNetCore.Http;
using VitGrid.Server.Api.Origins;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Api.Origins;

public sealed class HostNamesTests
{
    private static readonly HostNames Names = new(new HttpOptions
    {
        Urls = ["http://0.0.0.0:8080", "http://*:81", "http://embedder:8080"],
        Hosts = ["images.example", "*.pages.example"],
    });

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("LocalHost:8080")]
    [InlineData("localhost.:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.8.7:8080")]
    [InlineData("[::1]:8080")]
    [InlineData("10.244.3.17:8080")]
    [InlineData("[fd00::7]")]
    [InlineData("images.example:443")]
    [InlineData("IMAGES.example.")]
    [InlineData("a.pages.example")]
    [InlineData("a.b.pages.example:1")]
    [InlineData("embedder:8080")]
    public void Loopback_addresses_and_listed_names_are_taken_whatever_their_port(string host) =>
        Assert.True(Names.Contain(new HostString(host)), host);

    [Theory]
    [InlineData("evil.example")]
    [InlineData("images.example.evil.example")]
    [InlineData("xpages.example")]
    [InlineData("pages.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example:8080")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("[evil.example]")]
    [InlineData("*")]
    [InlineData("embedder.evil.example")]
    public void Other_names_are_not(string host) => Assert.False(Names.Contain(new HostString(host)), host);
}

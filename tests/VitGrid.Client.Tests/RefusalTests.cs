using System.Net;
using Microsoft.AspNetCore.Http;

namespace VitGrid.Client.Tests;

/// <summary>What the client makes of errors.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task A_refusal_has_status_code_param_message_and_wait()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Overloaded, 429, "7");
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(() => server.Client.EmbedAsync([new byte[] { 1 }]));
        Assert.Equal((HttpStatusCode.TooManyRequests, "overloaded", null), (refused.Status, refused.Code, refused.Param));
        Assert.Equal(("the queue is full", TimeSpan.FromSeconds(7)), (refused.Message, refused.RetryAfter));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Without_the_header_there_is_no_wait()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.TooLarge, 413);
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(() => server.Client.ModelsAsync());
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "input[3]", null), (refused.Status, refused.Param, refused.RetryAfter));
    }

    [Theory]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 1)]
    [InlineData("Sat, 01 Jan 2000 00:00:00 GMT", -1)]
    public async Task A_wait_until_a_date_is_the_time_from_now(string date, int sign)
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Overloaded, 503, date);
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(() => server.Client.ModelsAsync());
        Assert.Equal(sign, Math.Sign(refused.RetryAfter!.Value.Ticks));
    }

    [Theory]
    [InlineData("<html>bad gateway</html>")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("")]
    public async Task An_error_that_is_not_vitgrids_is_told_as_such(string body)
    {
        await using StubServer server = await StubServer.StartAsync(body, 502);
        VitGridException odd = await Assert.ThrowsAsync<VitGridException>(() => server.Client.ModelsAsync());
        Assert.Equal((HttpStatusCode.BadGateway, "unexpected_answer", null), (odd.Status, odd.Code, odd.Param));
        string told = $"{server.Http.BaseAddress}v1/models answered 502 with a body that is not VitGrid's (";
        Assert.StartsWith(told, odd.Message, StringComparison.Ordinal);
        Assert.EndsWith("); is a proxy in between?", odd.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_breaks_off_is_the_http_clients_error()
    {
        await using StubServer server = await StubServer.StartAsync(async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("{");
            context.Abort();
        });
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.ModelsAsync());
        using HttpClient nobody = new() { BaseAddress = new("http://127.0.0.1:1/") };
        await Assert.ThrowsAsync<HttpRequestException>(() => new VitGridClient(nobody).ModelsAsync());
    }

    [Fact]
    public void An_exception_without_an_error_is_not_made() =>
        Assert.Throws<ArgumentNullException>(() => new VitGridException(HttpStatusCode.BadGateway, null!, null));
}

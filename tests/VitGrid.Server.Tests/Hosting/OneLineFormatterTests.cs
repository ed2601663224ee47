using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VitGrid.Server.Hosting;

namespace VitGrid.Server.Tests.Hosting;

public sealed class OneLineFormatterTests
{
    [Fact]
    public void A_message_is_one_line_with_time_level_and_the_last_part_of_its_source()
    {
        Assert.Matches(@"^\d\d:\d\d:\d\d warn GracefulStop: first second\r?\n$", Format(LogLevel.Warning, "first\nsecond", null));
    }

    [Fact]
    public void An_exception_follows_whole()
    {
        string[] lines = Format(LogLevel.Error, "failed", new InvalidOperationException("why")).TrimEnd().Split('\n');
        Assert.EndsWith("fail GracefulStop: failed", lines[0].TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: why", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_id_stands_beside_the_source()
    {
        Assert.Matches(@" info GracefulStop\[7023\]: drained\r?\n$", Format(LogLevel.Information, "drained", null, 7023));
    }

    [Fact]
    public void Scopes_stand_behind_the_message_outermost_first()
    {
        LoggerExternalScopeProvider scopes = new();
        using IDisposable outer = scopes.Push(Pairs(("RequestPath", "/v1/embeddings"), ("RequestId", "a-1"), ("{OriginalFormat}", "x")));
        using IDisposable inner = scopes.Push("loading");
        Assert.EndsWith("drained [RequestPath=/v1/embeddings RequestId=a-1 loading]",
            Format(LogLevel.Information, "drained", null, scopes: scopes).TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_message_says_itself_is_not_repeated()
    {
        LoggerExternalScopeProvider scopes = new();
        using IDisposable scope = scopes.Push(Pairs(("RequestId", "a-1"), ("RequestPath", "/")));
        using StringWriter writer = new();
        new OneLineFormatter().Write(new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
            LogLevel.Debug, "Router", 0, Pairs(("RequestId", "a-1")), null, (_, _) => "request a-1"), scopes, writer);
        Assert.EndsWith("Router: request a-1 [RequestPath=/]", writer.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_a_client_sent_begins_a_line_moves_a_cursor_or_fills_the_log()
    {
        LoggerExternalScopeProvider scopes = new();
        using IDisposable scope = scopes.Push(Pairs([("RequestPath", "/\u001b[2J\r\nfail\u2028"),
            .. Enumerable.Range(0, 20).Select(i => ($"k{i}", new string((char)('a' + i), 1_000)))]));
        string line = Format(LogLevel.Warning, "bell \u0007", null, scopes: scopes).TrimEnd('\r', '\n');
        Assert.DoesNotContain(line, letter => char.IsControl(letter) || letter == '\u2028');
        Assert.Contains(@"bell \u0007 [RequestPath=/\u001b[2J\u000d\u000afail\u2028 k0=aaa", line, StringComparison.Ordinal);
        Assert.EndsWith("…]", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 500, 600);
    }

    private static KeyValuePair<string, object?>[] Pairs(params (string Name, object? Value)[] pairs) =>
        [.. pairs.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))];

    private static string Format(
        LogLevel level, string message, Exception? exception, EventId number = default, IExternalScopeProvider? scopes = null)
    {
        using StringWriter writer = new();
        new OneLineFormatter().Write(
            new LogEntry<string>(level, "VitGrid.Server.Hosting.GracefulStop", number, message, exception, (state, _) => state),
            scopes, writer);
        return writer.ToString();
    }
}

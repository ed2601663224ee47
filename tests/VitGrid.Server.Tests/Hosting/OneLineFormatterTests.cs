using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
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

    [Fact]
    public void No_part_of_an_exception_can_be_taken_for_a_line_of_the_log()
    {
        Exception cause = new ArgumentException("b\u001b[2J\r\n12:00:00 fail Root: faked\u202e");
        string[] lines = Format(LogLevel.Error, "failed", Thrown(new InvalidOperationException("a\n12:00:00 info Root: faked", cause)))
            .TrimEnd().Split(Environment.NewLine);
        Assert.All(lines[1..], line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Any(letter => char.IsControl(letter) || letter == '\u202e'));
        Assert.Equal(@"    System.InvalidOperationException: a\u000a12:00:00 info Root: faked", lines[1]);
        Assert.Contains(@"    caused by System.ArgumentException: b\u001b[2J\u000d\u000a12:00:00 fail Root: faked\u202e", lines);
        Assert.Contains(lines, line => line.Contains($"at {typeof(OneLineFormatterTests).FullName}.Thrown", StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_of_any_length_takes_a_bounded_line_and_an_exception_a_bounded_number_of_them()
    {
        Exception deep = Enumerable.Range(0, 100).Aggregate(
            new InvalidOperationException(), (inner, _) => new(new string('e', 1 << 16), inner));
        string text = Format(LogLevel.Error, new string('m', 1 << 20), deep);
        Assert.InRange(text.Length, 4_000, 16_000);
        Assert.Equal(9, text.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void In_a_storm_the_same_stack_is_told_once_a_second()
    {
        FakeTimeProvider clock = new();
        OneLineFormatter formatter = new(clock);
        Exception failure = Thrown(new InvalidOperationException("storm")), other = Thrown(new ArgumentException("another"));
        string[] texts = [.. Enumerable.Range(0, 1_000).Select(_ => Write(formatter, failure))];
        Assert.Contains("at VitGrid", texts[0], StringComparison.Ordinal);
        Assert.All(texts[1..], text => Assert.Equal(2, text.TrimEnd().Split('\n').Length));
        Assert.Contains("at VitGrid", Write(formatter, other), StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("at VitGrid", Write(formatter, failure), StringComparison.Ordinal);
    }

    [Fact]
    public void No_line_holds_a_password()
    {
        LoggerExternalScopeProvider scopes = new();
        using IDisposable scope = scopes.Push(Pairs(("Redis", "redis://:s3cr3t@cache")));
        string text = Format(LogLevel.Error, "at cache:6379,password=s3cr3t", new InvalidOperationException(
            "Host=db;Password=s3cr3t", new IOException("rediss://u:s3cr3t@cache")), scopes: scopes);
        Assert.DoesNotContain("s3cr3t", text, StringComparison.Ordinal);
        Assert.Contains("redis://***@cache", text, StringComparison.Ordinal);
    }

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }

    private static string Write(OneLineFormatter formatter, Exception exception)
    {
        using StringWriter writer = new();
        formatter.Write(new LogEntry<string>(LogLevel.Error, "Loop", 1, "failed", exception, (state, _) => state), null, writer);
        return writer.ToString();
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

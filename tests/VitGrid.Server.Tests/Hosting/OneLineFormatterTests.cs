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

    private static string Format(LogLevel level, string message, Exception? exception)
    {
        using StringWriter writer = new();
        new OneLineFormatter().Write(
            new LogEntry<string>(level, "VitGrid.Server.Hosting.GracefulStop", 0, message, exception, (state, _) => state), null, writer);
        return writer.ToString();
    }
}

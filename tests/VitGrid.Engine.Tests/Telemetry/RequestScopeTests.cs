using Microsoft.Extensions.Logging;
using VitGrid.Engine.Telemetry;

namespace VitGrid.Engine.Tests.Telemetry;

public sealed class RequestScopeTests
{
    [Fact]
    public void At_debug_a_scope_names_the_request()
    {
        KeptLog<object> log = new(LogLevel.Debug);
        RequestScope.Begin(log, null);
        RequestScope.Begin(log, "r-1");
        Assert.Equal("request r-1", Assert.Single(log.Scopes));
    }

    [Fact]
    public void Above_debug_there_is_no_scope_and_nothing_is_allocated()
    {
        KeptLog<object> log = new(LogLevel.Information);
        RequestScope.Begin(log, "r-1");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
            RequestScope.Begin(log, "r-1");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(log.Scopes);
    }
}

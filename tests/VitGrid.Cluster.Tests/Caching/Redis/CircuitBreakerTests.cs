using VitGrid.Cluster.Caching.Redis;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class CircuitBreakerTests
{
    private readonly CircuitBreaker _breaker = new(2);

    [Fact]
    public void It_begins_open_and_only_a_probe_closes_it()
    {
        Assert.True(_breaker.IsOpen && _breaker.WhenOpen.IsCompleted && !_breaker.WhenClosed.IsCompleted);
        _breaker.Succeeded();
        Assert.True(_breaker.IsOpen);
        _breaker.Close();
        Assert.True(!_breaker.IsOpen && !_breaker.WhenOpen.IsCompleted && _breaker.WhenClosed.IsCompleted);
    }

    [Fact]
    public void Failures_in_a_row_open_it_once_and_an_answer_between_them_starts_the_row_anew()
    {
        _breaker.Close();
        bool[] opened = [_breaker.Failed(), Answered(), _breaker.Failed(), _breaker.Failed(), _breaker.Failed()];
        Assert.Equal([false, false, false, true, false], opened);

        bool Answered()
        {
            _breaker.Succeeded();
            return _breaker.IsOpen;
        }
    }

    [Fact]
    public void Who_waits_hears_of_each_change()
    {
        Task closed = _breaker.WhenClosed;
        _breaker.Close();
        Task opened = _breaker.WhenOpen;
        Assert.True(closed.IsCompleted && !opened.IsCompleted);
        _breaker.Failed();
        _breaker.Failed();
        Assert.True(opened.IsCompleted && !_breaker.WhenClosed.IsCompleted);
    }
}

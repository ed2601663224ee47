using System.Text;
using FsCheck.Xunit;
using VitGrid.Cluster.Caching.Redis;

namespace VitGrid.Cluster.Tests.Caching.Redis;

public sealed class LookupBatcherTests
{
    private readonly List<(IReadOnlyList<string> Keys, TaskCompletionSource<IReadOnlyList<LookupAnswer>?> Answer)> _questions = [];

    [Fact]
    public async Task The_first_goes_at_once_and_those_that_come_meanwhile_go_together()
    {
        LookupBatcher batcher = new(AskAsync);
        Task<LookupAnswer> first = batcher.FindAsync("0");
        Task<LookupAnswer>[] others = [.. Enumerable.Range(1, 5).Select(i => batcher.FindAsync($"{i}"))];
        Assert.Equal(["0"], Assert.Single(_questions).Keys);

        Echo(0);
        Assert.Equal("0", TextOf(await first));
        Assert.Equal(["1", "2", "3", "4", "5"], _questions[1].Keys);
        Echo(1);
        Assert.Equal(["1", "2", "3", "4", "5"], (await Task.WhenAll(others)).Select(TextOf));

        Assert.False(batcher.FindAsync("6").IsCompleted);
        Assert.Equal(3, _questions.Count);
    }

    [Property(MaxTest = 50)]
    public async Task<bool> Each_lookup_gets_its_own_value_in_questions_of_bounded_size(byte count)
    {
        int largest = 0;
        LookupBatcher batcher = new(async keys =>
        {
            largest = Math.Max(largest, keys.Count);
            await Task.Yield();
            return Values(keys);
        });
        LookupAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, count).Select(i => batcher.FindAsync($"{i}")));
        return largest <= LookupBatcher.MaxKeys && answers.Select(TextOf).SequenceEqual(Enumerable.Range(0, count).Select(i => $"{i}"));
    }

    [Fact]
    public async Task A_question_without_an_answer_leaves_its_lookups_unanswered_and_the_next_one_goes()
    {
        LookupBatcher batcher = new(AskAsync);
        Task<LookupAnswer> first = batcher.FindAsync("0"), second = batcher.FindAsync("1");
        _questions[0].Answer.SetResult(null);
        Assert.False((await first).IsAnswered);
        Echo(1);
        Assert.Equal("1", TextOf(await second));
    }

    [Fact]
    public async Task One_of_several_may_be_unanswered_where_its_server_is_away()
    {
        LookupBatcher batcher = new(AskAsync);
        _ = batcher.FindAsync("0");
        Task<LookupAnswer> second = batcher.FindAsync("1"), third = batcher.FindAsync("2");
        Echo(0);
        _questions[1].Answer.SetResult([default, .. Values(["2"])]);
        Assert.False((await second).IsAnswered);
        Assert.Equal("2", TextOf(await third));
    }

    [Fact]
    public async Task Beyond_its_bound_a_lookup_is_unanswered_at_once()
    {
        LookupBatcher batcher = new(AskAsync);
        Task<LookupAnswer>[] waiting = [.. Enumerable.Range(0, LookupBatcher.MaxWaiting + 1).Select(i => batcher.FindAsync($"{i}"))];
        Assert.False((await batcher.FindAsync("more")).IsAnswered);
        Assert.DoesNotContain(waiting, lookup => lookup.IsCompleted);
    }

    private Task<IReadOnlyList<LookupAnswer>?> AskAsync(IReadOnlyList<string> keys)
    {
        _questions.Add((keys, new()));
        return _questions[^1].Answer.Task;
    }

    private void Echo(int question) => _questions[question].Answer.SetResult(Values(_questions[question].Keys));

    private static IReadOnlyList<LookupAnswer> Values(IReadOnlyList<string> keys) =>
        [.. keys.Select(key => new LookupAnswer(true, Encoding.UTF8.GetBytes(key)))];

    private static string TextOf(LookupAnswer answer) => Encoding.UTF8.GetString(answer.Value!.Value.Span);
}

using System.Text;
using FsCheck.Xunit;

namespace VitGrid.Server.Tests.Api;

/// <summary>JSON that is too deep is told from JSON that is wrong.</summary>
public sealed class DepthTests(SharedApi shared) : IClassFixture<SharedApi>
{
    private const int Limit = 64;

    [Property(MaxTest = 60)]
    public async Task<bool> Depth_is_told_with_the_limit_and_what_is_within_it_is_read(int seed)
    {
        Random random = new(seed);
        int depth = random.Next(4) == 0 ? random.Next(60, 70) : random.Next(2, 3_000);
        Answer answer = await shared.TestApi.TextAsync(Body(random, depth));
        string message = answer.Status == 200 ? "" : answer.Error.GetProperty("message").GetString()!;
        return depth <= Limit
            ? answer.Status == 200
            : answer.Status == 400 && message.Contains($"{depth:N0} deep, the limit is {Limit}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(65)]
    public async Task A_body_that_only_opens_is_too_deep(int depth) =>
        (await shared.TestApi.TextAsync(new string('[', depth))).IsRefusal(
            400, "invalid_request", null, $"{depth:N0} deep", "the limit is 64", "flatter");

    [Fact]
    public async Task A_body_that_breaks_off_within_the_limit_is_not_valid() =>
        (await shared.TestApi.TextAsync(new string('[', 64))).IsRefusal(400, "invalid_request", null, "not valid JSON at line 1");

    /// <summary>A request whose field "odd" reaches that deep in all.</summary>
    private static string Body(Random random, int depth)
    {
        StringBuilder opened = new(), closed = new();
        for (int i = 1; i < depth; i++)
        {
            bool isArray = random.Next(2) == 0;
            opened.Append(isArray ? "[" : "{\"a\":");
            closed.Insert(0, isArray ? ']' : '}');
        }
        return $$"""{"input":"{{Convert.ToBase64String(FakeGrid.Image(1))}}","odd":{{opened}}1{{closed}}}""";
    }
}

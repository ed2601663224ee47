namespace VitGrid.Client.Tests;

/// <summary>A vector is put to its input by the index that the answer names, and an answer that does not fit is none.</summary>
public sealed class PlacementTests
{
    private static readonly ReadOnlyMemory<byte>[] Three = [new byte[] { 1 }, new byte[] { 2 }, new byte[] { 3 }];

    [Fact]
    public async Task An_answer_in_another_order_is_put_in_the_order_of_the_images()
    {
        await using StubServer server = await StubServer.StartAsync(Answer.With(2, 0, 1));
        Assert.Equal([[0, 1], [1, 1], [2, 1]], await server.Client.EmbedAsync(Three));
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { Answer.With(0, 1), "the answer has 2 items for 3 inputs" },
        { Answer.With(0, 1, 2, 3), "the answer has 4 items for 3 inputs" },
        { Answer.With(0, 1, 1), "the answer names input 1 twice" },
        { Answer.With(0, 1, 3), "the answer names input 3, of 3" },
        { Answer.With(0, 1, -1), "the answer names input -1, of 3" },
        { Answer.Of([(0, "[1,2]"), (1, "[1,2,3]"), (2, "[1,2]")]), "the vector of input 1 has 3 numbers, that of another 2" },
        { Answer.Of([(0, "[]"), (1, "[]"), (2, "[]")]), "the vector of input 0 has 0 numbers, that of another 0" },
        { Answer.Of([(0, "[1]"), (1, "\"AADAfw==\""), (2, "[1]")]), "the vector of input 1 has NaN at 0" },
        { Answer.Of([(0, "[1]"), (1, "[1e300]"), (2, "[1]")]), "the vector of input 1 has ∞ at 0" },
        { Answer.Of([(0, "[1]"), (1, "null"), (2, "[1]")]), "input 1 has neither a vector nor an error" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task An_answer_that_does_not_fit_is_refused_and_told(string answer, string told)
    {
        await using StubServer server = await StubServer.StartAsync(answer);
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(() => server.Client.EmbedAsync(Three));
        Assert.Equal("unexpected_answer", refused.Code);
        Assert.StartsWith(told, refused.Message.Replace("Infinity", "∞", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_one_input_in_an_answer_that_was_to_be_whole_is_told()
    {
        await using StubServer server = await StubServer.StartAsync(Answers.Partial);
        VitGridException refused = await Assert.ThrowsAsync<VitGridException>(() => server.Client.EmbedAsync(Three.AsEnumerable().Take(2)));
        Assert.Contains("input 1 has an error (unsupported_modality)", refused.Message, StringComparison.Ordinal);
    }
}

using System.Text;
using VitGrid.LoadTest.Load;
using VitGrid.LoadTest.Requests;

namespace VitGrid.LoadTest.Tests.Load;

/// <summary>Vectors of equal pixels must be equal, bit for bit.</summary>
public sealed class VectorCheckTests
{
    private readonly VectorCheck _check = new();

    [Fact]
    public void Equal_pixels_with_other_stamps_are_compared()
    {
        Assert.Null(Compare([new(0, 1), new(1, 2)], [1f, 2f], [3f, 4f]));
        Assert.Null(Compare([new(1, 7), new(0, 8)], [3f, 4f], [1f, 2f]));
        Assert.Equal((2, 0), (_check.Compared, _check.Different));
    }

    [Fact]
    public void A_vector_that_differs_in_its_last_bit_is_found()
    {
        Compare([new(0, 1)], [1f, 2f]);
        Assert.Contains("another vector", Compare([new(0, 2)], [1f, MathF.BitIncrement(2f)]), StringComparison.Ordinal);
        Assert.Equal(1, _check.Different);
    }

    [Fact]
    public void Numbers_and_base64_of_one_vector_are_equal()
    {
        Compare([new(0, 1)], [0.1f, -2.5f]);
        Assert.Null(_check.Compare(new([new(0, 2)], null), """{"data":[{"embedding":[0.1,-2.5]}]}"""u8.ToArray()));
        Assert.Equal(0, _check.Different);
    }

    [Theory]
    [InlineData("""{"data":[]}""", "0 vectors for 1 images")]
    [InlineData("""{"embeddings":[]}""", "not an answer of OpenAI's shape")]
    [InlineData("gateway", "not an answer of OpenAI's shape")]
    public void An_answer_that_is_none_is_a_fault(string body, string why) =>
        Assert.Contains(why, _check.Compare(new([new(0, 1)], null), Encoding.UTF8.GetBytes(body)), StringComparison.Ordinal);

    private string? Compare(PlannedImage[] sent, params float[][] vectors)
    {
        IEnumerable<string> items = vectors.Select(
            vector => $$"""{"embedding":"{{Convert.ToBase64String([.. vector.SelectMany(BitConverter.GetBytes)])}}"}""");
        return _check.Compare(new(sent, null), Encoding.UTF8.GetBytes($$"""{"data":[{{string.Join(',', items)}}]}"""));
    }
}

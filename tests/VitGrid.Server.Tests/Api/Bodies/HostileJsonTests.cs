using System.Text;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Tests.Api.Bodies;

/// <summary>Bodies of 64 MB made to cost much more than they are.</summary>
public sealed class HostileJsonTests
{
    private const int Length = 64_000_000;

    /// <summary>What may be allocated beside the body: once its size, which a document takes before it counts its values.</summary>
    private const long MaxAllocated = Length + (Length / 8);

    [Theory]
    [InlineData("{\"input\":[", "1,", "1]}", "256 inputs")]
    [InlineData("{\"input\":[", "\"\",", "\"\"]}", "256 inputs")]
    [InlineData("{\"input\":[", "{},", "{}]}", "256 inputs")]
    [InlineData("{\"input\":[", "[[],[]],", "[]]}", "256 inputs")]
    [InlineData("{\"input\":\"x\",", "\"a\":1,", "\"b\":1}", "256 inputs")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[", "{\"type\":\"text\",\"text\":\"\"},", "{}]}]}", "256 inputs")]
    [InlineData("", "[", "", "deep")]
    [InlineData("", "{\"a\":", "", "deep")]
    [InlineData("{\"", "n", "\":1,\"input\":\"x\"}", "the limit is 1,024")]
    [InlineData("{\"input\":[{\"", "n", "\":1}]}", "the limit is 1,024")]
    [InlineData("{\"input\":\"x\",\"model\":\"", "m", "\"}", null)]
    [InlineData("{\"input\":\"x\",\"layer\":1", "1", "}", "layer is '1111")]
    [InlineData("{\"input\":\"x\",\"pooling\":\"", "\\u0041", "\"}", "pooling is '")]
    [InlineData("{\"input\":\"x\",\"mm_processor_kwargs\":\"", "k", "\"}", "mm_processor_kwargs")]
    [InlineData("{\"input\":[{\"type\":\"", "t", "\"}]}", null)]
    [InlineData("{\"input\":[{\"type\":\"text\",\"text\":\"", "t", "\"}]}", null)]
    [InlineData("{\"input\":\"https://", "u", "\"}", null)]
    [InlineData("{\"messages\":[{\"role\":\"system\",\"content\":\"", "s", "\"}]}", "no image")]
    public void A_body_of_64_MB_costs_its_size_and_no_more(string begin, string repeated, string end, string? refusal)
    {
        byte[] body = Body(begin, repeated, end);
        using SharedBuffer buffer = SharedBuffer.Rent(1, BodyShare.Unbounded);
        Answer(body, buffer, 1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        string answer = Answer(body, buffer, body.Length);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MaxAllocated, $"{allocated:N0} bytes were allocated");
        Assert.True(answer.Length < 1_000, $"the message has {answer.Length} characters");
        Assert.Contains(refusal ?? "", answer, StringComparison.Ordinal);
    }

    private static string Answer(byte[] body, SharedBuffer buffer, int length)
    {
        try
        {
            ParsedRequest request = JsonRequest.Read(body.AsMemory(0, length), buffer, 256, new(), _ => { });
            return string.Concat(request.Images.Select(image => image.Fault?.Message ?? ""));
        }
        catch (ApiException exception)
        {
            return exception.Message;
        }
    }

    private static byte[] Body(string begin, string repeated, string end)
    {
        byte[] body = new byte[Length], unit = Encoding.UTF8.GetBytes(repeated);
        int at = Encoding.UTF8.GetBytes(begin, body);
        int last = Length - Encoding.UTF8.GetByteCount(end);
        for (; at + unit.Length <= last; at += unit.Length)
            unit.CopyTo(body, at);
        // Blanks fill what is left; within a text they are part of it.
        body.AsSpan(at, last - at).Fill((byte)' ');
        Encoding.UTF8.GetBytes(end, body.AsSpan(last));
        return body;
    }
}

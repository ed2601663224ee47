using System.Text;
using FsCheck;
using FsCheck.Xunit;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Tests.Api;

public sealed class MalformedJsonTests
{
    private static readonly byte[] Seed = Encoding.UTF8.GetBytes(
        """
        {"model":"m","input":["data:image/png;base64,AAAA",{"image":"AAA\/"},
        {"type":"image_url","image_url":{"url":"\u0041"}},{"content":[{"text":"x"}]}],
        "messages":null,"layer":-1,"pooling":"cls+mean","normalize":true}
        """);

    [Property(MaxTest = 300)]
    public bool Any_bytes_are_read_or_refused_with_400(byte[] body) => IsReadOrRefused(body);

    [Property(MaxTest = 2000)]
    public bool A_request_with_changed_bytes_is_read_or_refused_with_400((ushort At, byte Value)[] changes)
    {
        byte[] body = [.. Seed];
        foreach ((ushort at, byte value) in changes)
            body[at % body.Length] = value;
        return IsReadOrRefused(body);
    }

    [Property(MaxTest = 300)]
    public bool A_request_cut_anywhere_is_refused_with_400(ushort at) => IsReadOrRefused(Seed[..(at % Seed.Length)]);

    [Theory]
    [InlineData("{\"\\ud800\":1,\"input\":\"x\"}")]
    [InlineData("{\"model\":\"\\udc00\",\"input\":\"x\"}")]
    [InlineData("{\"input\":[{\"\\ud800\":\"x\"}]}")]
    [InlineData("{\"inpu\\u0074\":\"x\"}")]
    [InlineData("{\"layer\":1e999,\"input\":\"x\"}")]
    public void Odd_escapes_and_numbers_are_read_or_refused_with_400(string body) =>
        Assert.True(IsReadOrRefused(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Deep_nesting_is_refused_with_400() => Assert.True(IsReadOrRefused(Encoding.UTF8.GetBytes(new string('[', 100_000))));

    private static bool IsReadOrRefused(byte[] body)
    {
        try
        {
            using SharedBuffer buffer = SharedBuffer.Rent(body.Length, BodyShare.Unbounded);
            body.CopyTo(buffer.Bytes, 0);
            return JsonRequest.Read(buffer.Bytes.AsMemory(0, body.Length), buffer, 256, new(), _ => { }).Images.Count > 0;
        }
        catch (ApiException exception)
        {
            return ErrorTable.Row(exception.Error.Code).Status == 400;
        }
    }
}

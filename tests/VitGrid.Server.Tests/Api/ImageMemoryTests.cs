using System.Text;
using Microsoft.AspNetCore.Http;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Tests.Api;

/// <summary>An image lies in pooled memory from the socket to the decoder, whatever form it came in.</summary>
public sealed class ImageMemoryTests
{
    private const int Small = 20_000;
    private const int Large = 2_000_000;

    private readonly BodyMemory _memory = new(1L << 30, 1L << 30);

    [Theory]
    [InlineData("image/jpeg")]
    [InlineData("application/json")]
    [InlineData("application/json; escaped")]
    [InlineData("multipart/form-data; boundary=b")]
    public void What_is_allocated_does_not_grow_with_the_image(string type)
    {
        byte[] small = Body(type, Small), large = Body(type, Large);
        // The first rounds fill the pool.
        for (int round = 0; round < 3; round++)
            (Allocated(type, small), Allocated(type, large)).ToString();
        long least = Enumerable.Range(0, 5).Min(_ => Allocated(type, large) - Allocated(type, small));
        Assert.True(least < Small, $"an image of {Large} bytes costs {least} bytes more than one of {Small}");
    }

    [Fact]
    public void Memory_is_counted_until_the_last_image_is_done_or_its_request_ends()
    {
        ParsedRequest request = Read("application/json", Encoding.UTF8.GetBytes($$"""{"input":["{{Base64(100)}}","{{Base64(100)}}"]}"""));
        request.Images[0].Owner!.Dispose();
        request.Images[0].Owner!.Dispose();
        Assert.NotEqual(0, _memory.Held);
        request.Images[1].Owner!.Dispose();
        Assert.Equal(0, _memory.Held);
        using (Read("image/jpeg", new byte[100]))
            Assert.NotEqual(0, _memory.Held);
        Assert.Equal(0, _memory.Held);
    }

    [Theory]
    [InlineData("--b\r\ncontent-disposition: form-data; name=f; filename=a\r\n\r\nimage\r\n--b\r\nno head")]
    [InlineData("--b\r\ncontent-disposition: form-data; name=f; filename=a\r\n\r\nimage\r\n--b\r\ncontent-disposition: form-data; "
        + "name=layer\r\n\r\nx\r\n--b--")]
    public void A_form_that_is_refused_behind_its_first_image_leaves_nothing_counted(string form)
    {
        Assert.Throws<ApiException>(() => Read("multipart/form-data; boundary=b", Encoding.UTF8.GetBytes(form)));
        Assert.Equal(0, _memory.Held);
    }

    [Fact]
    public void Every_form_and_escape_of_an_image_gives_its_bytes()
    {
        byte[] expected = Image(3_000);
        foreach (string type in (string[])[
            "image/jpeg", "application/json", "application/json; escaped", "multipart/form-data; boundary=b"])
        {
            using ParsedRequest request = Read(type, Body(type, expected.Length));
            Assert.Equal(expected, request.Images.Single().Bytes.ToArray());
        }
    }

    private long Allocated(string type, byte[] body)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        using ParsedRequest request = Read(type, body);
        request.Images[0].Owner!.Dispose();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>All is there, so nothing is waited for and all runs on this thread.</summary>
    private ParsedRequest Read(string type, byte[] body)
    {
        DefaultHttpContext context = new();
        context.Request.ContentType = type;
        context.Request.Body = new MemoryStream(body);
        BodyReader bodies = new(new HttpOptions(), _memory, TimeProvider.System);
        Task<ParsedRequest> reading = new RequestReader(new HttpOptions(), bodies).ReadAsync(
            context.Request, _ => { }, CancellationToken.None);
        Assert.True(reading.IsCompleted);
        return reading.GetAwaiter().GetResult();
    }

    private static byte[] Body(string type, int bytes) => type switch
    {
        "image/jpeg" => Image(bytes),
        "application/json" => Encoding.UTF8.GetBytes($$"""{"input":["data:image/jpeg;base64,{{Base64(bytes)}}"]}"""),
        "application/json; escaped" => Encoding.UTF8.GetBytes(
            $$"""{"input":["data:image\/jpeg;base64,{{Escaped(bytes)}}"]}"""),
        _ => [.. "--b\r\ncontent-disposition: form-data; name=file; filename=a.jpg\r\n\r\n"u8, .. Image(bytes), .. "\r\n--b--\r\n"u8],
    };

    /// <summary>As a writer of JSON may write it that escapes what needs no escape.</summary>
    private static string Escaped(int bytes) =>
        Base64(bytes).Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002B", StringComparison.Ordinal);

    private static string Base64(int bytes) => Convert.ToBase64String(Image(bytes));

    private static byte[] Image(int bytes)
    {
        byte[] image = new byte[bytes];
        new Random(bytes).NextBytes(image);
        return image;
    }
}

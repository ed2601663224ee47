using System.Text;
using FsCheck.Xunit;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;
using MultipartReader = Microsoft.AspNetCore.WebUtilities.MultipartReader;

namespace VitGrid.Server.Tests.Api;

public sealed class FormReaderTests
{
    [Property(MaxTest = 300)]
    public bool Every_part_comes_back_as_it_was_whatever_its_bytes(byte[][] parts)
    {
        // A boundary that none of the parts can hold.
        string boundary = new('b', parts.Sum(part => part.Length) + 1);
        List<byte> body = [.. "a preamble\r\n"u8];
        foreach (byte[] part in parts)
            body.AddRange([.. Encoding.UTF8.GetBytes(
                $"--{boundary} \r\nContent-Disposition: form-data; name=\"n\"\r\nX-Other: y\r\n\r\n"), .. part, .. "\r\n"u8]);
        body.AddRange(Encoding.UTF8.GetBytes($"--{boundary}--\r\nan epilogue"));
        List<FormPart> read = Read([.. body], boundary);
        return read.Select(part => part.Content.ToArray()).SequenceEqual(parts, ByteArrays.Comparer)
            && read.All(part => part is { Name: "n", IsFile: false });
    }

    [Theory]
    [InlineData("--b--", 0)]
    [InlineData("--b\r\n\r\n\r\n--b--", 1)]
    [InlineData("--b\r\n\r\n--b--", 1)]
    [InlineData("\r\n--b\r\ncontent-type: image/png\r\n\r\nx\r\n--b\r\n\r\n--\r\n--b--\r\n", 2)]
    public void Empty_parts_and_parts_without_a_name_are_parts(string body, int parts) =>
        Assert.Equal(parts, Read(Encoding.UTF8.GetBytes(body), "b").Count);

    [Theory]
    [InlineData("--b")]
    [InlineData("--bb\r\n\r\nx\r\n--b--")]
    [InlineData("--b\r\n\r\nx\r\n--b-")]
    [InlineData("--b\r\ncontent-type: image/png")]
    public void A_body_that_is_not_whole_is_malformed(string body) =>
        Assert.Contains("malformed", Assert.Throws<ApiException>(
            () => Read(Encoding.UTF8.GetBytes(body), "b")).Message, StringComparison.Ordinal);

    /// <summary>Why the library does not read forms of images, decision 12: when one of these fails, it may.</summary>
    [Fact]
    public async Task The_library_refuses_an_empty_part_and_takes_what_stands_behind_a_boundary()
    {
        await Assert.ThrowsAsync<IOException>(() => SectionsOf("--b\r\n\r\n--b--"));
        Assert.Equal(["x"], await SectionsOf("--bb\r\n\r\nx\r\n--b--"));
    }

    private static async Task<List<string>> SectionsOf(string body)
    {
        MultipartReader sections = new("b", new MemoryStream(Encoding.UTF8.GetBytes(body)));
        List<string> texts = [];
        while (await sections.ReadNextSectionAsync() is { } section)
            texts.Add(await new StreamReader(section.Body).ReadToEndAsync());
        return texts;
    }

    private static List<FormPart> Read(byte[] body, string boundary)
    {
        FormReader reader = new(body, boundary);
        List<FormPart> parts = [];
        while (reader.Next() is { } part)
            parts.Add(part);
        return parts;
    }

    private sealed class ByteArrays : IEqualityComparer<byte[]>
    {
        public static ByteArrays Comparer { get; } = new();

        public bool Equals(byte[]? first, byte[]? second) => first.AsSpan().SequenceEqual(second);

        public int GetHashCode(byte[] bytes) => bytes.Length;
    }
}

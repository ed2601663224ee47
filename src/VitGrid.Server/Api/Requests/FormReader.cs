using System.Text;
using Microsoft.Net.Http.Headers;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>A part of a form, where it lies in the body.</summary>
/// <param name="Name">Its name; empty where its head has none that can be read.</param>
/// <param name="IsFile">Its head names a file or an image type.</param>
/// <param name="Encoding">Its Content-Transfer-Encoding, which today's clients leave out; empty: none.</param>
/// <param name="Content">Its bytes.</param>
internal readonly record struct FormPart(string Name, bool IsFile, string Encoding, Memory<byte> Content);

/// <summary>
/// Walks over the parts of a multipart body that has arrived whole; nothing is copied. Sources: RFC 2046, section 5.1.1, and RFC 7578. The
/// boundary stands between dashes on a line of its own, and the line's end before it belongs to it.
/// </summary>
internal sealed class FormReader
{
    private const int MaxHeadBytes = 16 * 1024;

    private readonly Memory<byte> _body;
    private readonly byte[] _delimiter;
    private int _at;

    public FormReader(Memory<byte> body, string boundary)
    {
        _body = body;
        _delimiter = Encoding.UTF8.GetBytes($"\r\n--{boundary}");
        int bare = _delimiter.Length - 2;
        _at = body.Span.StartsWith(_delimiter.AsSpan(2)) ? bare : Delimiter() + _delimiter.Length;
    }

    /// <summary>The next part; null after the last.</summary>
    /// <exception cref="ApiException">The body is malformed.</exception>
    public FormPart? Next()
    {
        if (_body.Span[_at..].StartsWith("--"u8))
            return null;
        if (!Line().IsEmpty)
            throw Malformed("something stands behind a boundary on its line");
        PartHead head = Head();
        // An empty part has one line's end between its head and the next boundary.
        _at -= 2;
        int begin = _at + 2, end = Delimiter();
        _at = end + _delimiter.Length;
        return new(PartDisposition.NameOf(head.Disposition), head.IsImage || PartDisposition.IsFile(head.Disposition), head.Encoding,
            _body[Math.Min(begin, end)..end]);
    }

    private PartHead Head()
    {
        int limit = _at + MaxHeadBytes;
        PartHead head = new(null, false, "");
        for (ReadOnlySpan<byte> line = Line(); !line.IsEmpty; line = Line())
        {
            int colon = line.IndexOf((byte)':');
            if (colon < 0 || _at > limit)
                throw Malformed(colon < 0
                    ? "a line in the head of a part has no colon" : $"the head of a part has more than {MaxHeadBytes} bytes");
            string name = Encoding.UTF8.GetString(line[..colon]).Trim(), value = Encoding.UTF8.GetString(line[(colon + 1)..]).Trim();
            if (name.Equals(HeaderNames.ContentDisposition, StringComparison.OrdinalIgnoreCase))
                head = head with { Disposition = DispositionOf(value) };
            else if (name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase))
                head = head with { IsImage = value.StartsWith("image/", StringComparison.OrdinalIgnoreCase) };
            else if (name.Equals("Content-Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                head = head with { Encoding = value };
        }
        return head;
    }

    private static ContentDispositionHeaderValue? DispositionOf(string value) =>
        ContentDispositionHeaderValue.TryParse(value, out ContentDispositionHeaderValue? parsed) ? parsed : null;

    /// <summary>The rest of the present line without the blanks at its end.</summary>
    private ReadOnlySpan<byte> Line()
    {
        ReadOnlySpan<byte> rest = _body.Span[_at..];
        int length = rest[..Math.Min(rest.Length, MaxHeadBytes)].IndexOf("\r\n"u8);
        if (length < 0)
            throw Malformed("a line in it does not end");
        _at += length + 2;
        return rest[..length].TrimEnd(" \t"u8);
    }

    private int Delimiter()
    {
        int found = _body.Span[_at..].IndexOf(_delimiter);
        return found >= 0 ? _at + found : throw Malformed("it ends before its last boundary");
    }

    private static ApiException Malformed(string fault) =>
        new(ApiCode.InvalidRequest, $"the multipart body is malformed: {fault}. Check the boundary and that the body is whole.");

    private readonly record struct PartHead(ContentDispositionHeaderValue? Disposition, bool IsImage, string Encoding);
}

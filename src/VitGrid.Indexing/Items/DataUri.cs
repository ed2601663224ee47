using System.Buffers;
using System.Buffers.Text;
using System.Text;
using VitGrid.Engine.Errors;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Items;

/// <summary><c>data:image/…;base64,…</c> (RFC 2397).</summary>
internal static class DataUri
{
    private const string Scheme = "data:";

    /// <summary>Bytes of the image, at most.</summary>
    public static long LengthOf(string uri) => uri.Length * 3L / 4;

    /// <exception cref="ItemException">It is not base64.</exception>
    public static byte[] Read(string uri)
    {
        byte[] text = Encoding.UTF8.GetBytes(uri);
        int comma = DataUriHead.LengthOf(text.AsSpan(Scheme.Length));
        if (comma < 0)
            throw Malformed("';base64,' is missing");
        Span<byte> base64 = text.AsSpan(Scheme.Length + comma + 1);
        return Base64.DecodeFromUtf8InPlace(base64, out int length) == OperationStatus.Done
            ? base64[..length].ToArray()
            : throw Malformed("its content is not base64");
    }

    private static ItemException Malformed(string why) =>
        new(ItemFault.Poison(ApiCode.InvalidUri, $"the data: URI is malformed: {why}; give data:image/jpeg;base64,…"));
}

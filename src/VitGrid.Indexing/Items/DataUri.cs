namespace VitGrid.Indexing.Items;

/// <summary><c>data:image/…;base64,…</c> (RFC 2397).</summary>
internal static class DataUri
{
    /// <summary>Bytes of the image, at most.</summary>
    public static long LengthOf(string uri) => (uri.Length - Comma(uri)) * 3L / 4;

    /// <exception cref="ItemException">It is not base64.</exception>
    public static byte[] Read(string uri)
    {
        ReadOnlySpan<char> text = uri.AsSpan(Comma(uri) + 1);
        byte[] image = new byte[text.Length * 3L / 4 + 3];
        return Convert.TryFromBase64Chars(text, image, out int length) ? image[..length] : throw Malformed("its content is not base64");
    }

    private static int Comma(string uri)
    {
        int comma = uri.IndexOf(',', StringComparison.Ordinal);
        return comma > 0 && uri.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase) ? comma : throw Malformed("';base64,' is missing");
    }

    private static ItemException Malformed(string why) => new(ItemFault.Poison("invalid_uri", $"the data: URI is malformed: {why}; give data:image/jpeg;base64,…"));
}

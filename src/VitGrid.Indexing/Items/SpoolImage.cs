using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Spool;
using VitGrid.Runtime.Images;

namespace VitGrid.Indexing.Items;

/// <summary>
/// <c>spool:FILE/OFFSET+LENGTH</c>: an image that stands as a JSON string, a data URI or bare base64, in a file of the spool. The queue
/// holds the place instead of the image.
/// </summary>
public sealed partial class SpoolImage(SpoolFolder folder)
{
    private const string Scheme = "spool:";

    /// <summary>Names the place of an image.</summary>
    public static string Uri(string file, long offset, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}{file}/{offset}+{length}");

    /// <summary>Whether a URI is one; only the server itself makes them.</summary>
    public static bool IsOne(string uri) => uri.StartsWith(Scheme, StringComparison.Ordinal);

    /// <exception cref="ItemException">The URI is malformed.</exception>
    /// <exception cref="IOException">The file is not there.</exception>
    internal ImageSource Find(string uri)
    {
        Match match = Form().Match(uri);
        if (!match.Success)
            throw Poison(
                ApiCode.InvalidUri, $"'{uri}' is no place in the spool; spool:FILE/OFFSET+LENGTH are made by POST /v1/batches only");
        string path = folder.ContentOf(match.Groups[1].Value);
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"file '{match.Groups[1].Value}' is not there; this worker must see the folder Indexing:Spool of the front ends, and the "
                    + "file must stay until its batch has ended");
        long offset = long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        int length = int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
        return new(length * 3L / 4, _ => Task.FromResult(Decode(Read(path, offset, length))));
    }

    /// <summary>The image that a JSON string holds.</summary>
    /// <exception cref="ItemException">It holds none.</exception>
    internal static byte[] Decode(byte[] token)
    {
        try
        {
            Utf8JsonReader reader = new(token);
            reader.Read();
            byte[] text = new byte[token.Length];
            Span<byte> base64 = text.AsSpan(0, reader.CopyString(text)).Trim(" \t\r\n"u8);
            if (Ascii.EqualsIgnoreCase(base64[..Math.Min(5, base64.Length)], "data:"u8))
                base64 = base64[(5 + DataUriHead.LengthOf(base64[5..]) + 1)..];
            return Base64.DecodeFromUtf8InPlace(base64, out int length) == System.Buffers.OperationStatus.Done
                ? base64[..length].ToArray() : throw Foreign();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Foreign();
        }
    }

    private static byte[] Read(string path, long offset, int length)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
        byte[] token = new byte[length];
        int read = 0, more;
        while (read < length && (more = RandomAccess.Read(file, token.AsSpan(read), offset + read)) > 0)
            read += more;
        return read == length ? token : throw Foreign();
    }

    private static ItemException Foreign() =>
        Poison(ApiCode.ImageDecodeFailed,
            "the place in the spool holds no base64 image; the uploaded file is not what it was when the batch was made");

    private static ItemException Poison(string code, string message) => new(ItemFault.Poison(code, message));

    [GeneratedRegex(@"^spool:(file-[0-9a-f]{32})/([0-9]{1,18})\+([0-9]{1,9})\z")]
    private static partial Regex Form();
}

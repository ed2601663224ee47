using System.Buffers;
using Microsoft.Extensions.AI;

namespace VitGrid.Client;

/// <summary>Makes content of an image from where it is, with a bound on its length.</summary>
public static class ImageContent
{
    /// <summary>The largest file that a server takes by default: 20 MB.</summary>
    public const int DefaultMaxBytes = 20_000_000;

    private const int BlockBytes = 64 * 1024;

    /// <summary>Reads an image from where a stream stands to its end. The stream is left open.</summary>
    /// <param name="stream">The encoded image.</param>
    /// <param name="maxBytes">Bytes that it may have.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>The image, under the type that its first bytes tell.</returns>
    /// <exception cref="InvalidDataException">It is longer.</exception>
    public static async Task<DataContent> FromStreamAsync(
        Stream stream, int maxBytes = DefaultMaxBytes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArrayBufferWriter<byte> image = new();
        while (true)
        {
            Memory<byte> block = image.GetMemory(BlockBytes);
            int read = await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return new(image.WrittenMemory, TypeOf(image.WrittenSpan));
            image.Advance(read);
            if (image.WrittenCount > maxBytes)
            {
                throw new InvalidDataException(
                    $"the image has more than {maxBytes:N0} bytes, which is the limit; raise {nameof(maxBytes)}, if the server takes it");
            }
        }
    }

    /// <summary>
    /// Reads an image that a URI names: <c>data:</c>, <c>file:</c>, or <c>http:</c> and <c>https:</c>, which are fetched from here.
    /// </summary>
    /// <param name="uri">The URI.</param>
    /// <param name="http">Fetches; null where the URI is of another scheme.</param>
    /// <param name="maxBytes">Bytes that the image may have.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>The image, under the type that its first bytes tell; of a <c>data:</c> URI under its own.</returns>
    /// <exception cref="ArgumentException">The URI is relative or of another scheme, or <paramref name="http"/> is missing.</exception>
    /// <exception cref="InvalidDataException">The image is longer.</exception>
    /// <exception cref="HttpRequestException">It cannot be fetched.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<DataContent> FromUriAsync(
        Uri uri, HttpClient? http = null, int maxBytes = DefaultMaxBytes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri is { IsAbsoluteUri: true, Scheme: "data" })
            return new(uri);
        Stream stream = uri switch
        {
            { IsAbsoluteUri: true, IsFile: true } => File.OpenRead(uri.LocalPath),
            { IsAbsoluteUri: true, Scheme: "http" or "https" } when http is not null =>
                await http.GetStreamAsync(uri, cancellationToken).ConfigureAwait(false),
            { IsAbsoluteUri: true, Scheme: "http" or "https" } =>
                throw new ArgumentException($"'{uri}' is to be fetched; give an {nameof(HttpClient)}", nameof(http)),
            _ => throw new ArgumentException($"'{uri}' is no data:, file:, http: or https: URI", nameof(uri)),
        };
        await using (stream.ConfigureAwait(false))
            return await FromStreamAsync(stream, maxBytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>For those who look; the server judges by the bytes themselves.</summary>
    private static string TypeOf(ReadOnlySpan<byte> image) =>
        image.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]) ? "image/jpeg"
        : image.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "image/png"
        : image.StartsWith("GIF8"u8) ? "image/gif"
        : image.StartsWith("BM"u8) ? "image/bmp"
        : image.Length >= 12 && image.StartsWith("RIFF"u8) && image[8..].StartsWith("WEBP"u8) ? "image/webp"
        : image.StartsWith("II*\0"u8) || image.StartsWith("MM\0*"u8) ? "image/tiff"
        : "application/octet-stream";
}

using VitGrid.Runtime.Images;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>Reads whole picture files, never more than the limit.</summary>
internal sealed class PictureReader(ImageLimits limits, Func<Stream> openInput)
{
    /// <exception cref="ImageException">The file is longer than the limit.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(PictureFile file, CancellationToken cancellation)
    {
        await using Stream stream = file.Path is null ? openInput() : Open(file.Path);
        if (stream.CanSeek && stream.Length > limits.MaxFileBytes)
            throw TooLarge($"{stream.Length} bytes");

        using MemoryStream content = new(stream.CanSeek ? (int)stream.Length : 0);
        byte[] buffer = new byte[1 << 16];
        for (int count; (count = await stream.ReadAsync(buffer, cancellation)) > 0;)
        {
            content.Write(buffer, 0, count);
            if (content.Length > limits.MaxFileBytes)
                throw TooLarge("longer");
        }
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private ImageException TooLarge(string length) =>
        new(ImageFault.TooLarge, $"the file is {length}, the limit is {limits.MaxFileBytes} bytes; shrink the picture");
}

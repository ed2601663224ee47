using VitGrid.Runtime.Images;

namespace VitGrid.Server.Verbs.Embed;

/// <summary>Reads whole image files, never more than the limit.</summary>
internal sealed class ImageReader(ImageLimits limits, Func<Stream> openInput, TimeSpan openTimeout)
{
    /// <summary>Longest time a file may take to open: enough for a disk that has to spin up.</summary>
    public static TimeSpan OpenTimeout { get; } = TimeSpan.FromSeconds(15);

    /// <exception cref="ImageException">The file is longer than the limit.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(ImageFile file, CancellationToken cancellationToken)
    {
        if (file.Fault is { } fault)
            throw new IOException(fault);
        await using Stream stream = file.Path is null ? openInput() : await OpenAsync(file.Path, cancellationToken);
        if (stream.CanSeek && stream.Length > limits.MaxFileBytes)
            throw TooLarge($"{stream.Length} bytes");

        using MemoryStream content = new(stream.CanSeek ? (int)stream.Length : 0);
        byte[] buffer = new byte[1 << 16];
        for (int count; (count = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            content.Write(buffer, 0, count);
            if (content.Length > limits.MaxFileBytes)
                throw TooLarge("longer");
        }
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    private async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // A pipe without a writer blocks whoever opens it, and looks like a file until then.
            return await Task.Run(() => Open(path), cancellationToken).WaitAsync(openTimeout, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new IOException($"{path} did not open within {openTimeout.TotalSeconds} s; a pipe or device is no image: name a regular "
                + $"file", exception);
        }
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private ImageException TooLarge(string length) =>
        new(ImageFault.TooLarge, $"the file is {length}, the limit is {limits.MaxFileBytes} bytes; shrink the image");
}

using System.Globalization;

namespace VitGrid.Text.Reading;

/// <summary>The files of a tokenizer's folder, read whole and bounded.</summary>
/// <param name="Path">The folder.</param>
internal sealed record TokenizerFolder(string Path)
{
    /// <summary>Bytes of the largest file that is read; Gemma's tokenizer.json has 34 MB.</summary>
    public const long MaxFileBytes = 128 << 20;

    /// <summary>Whether it holds a file.</summary>
    public bool Has(string name) => File.Exists(PathOf(name));

    /// <summary>What a file is called in messages.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A file's bytes; null: it is not there.</summary>
    /// <exception cref="TokenizerException">It is too large or cannot be read.</exception>
    public byte[]? TryRead(string name)
    {
        string path = PathOf(name);
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (file.Length > MaxFileBytes)
                throw new TokenizerException(string.Create(CultureInfo.InvariantCulture,
                    $"{path} has {file.Length} bytes; a tokenizer's file has at most {MaxFileBytes}"));
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>A file's bytes.</summary>
    /// <exception cref="TokenizerException">It is not there, too large or cannot be read.</exception>
    public byte[] Read(string name) =>
        TryRead(name) ?? throw new TokenizerException($"{PathOf(name)} is missing; fetch the model's folder anew");
}

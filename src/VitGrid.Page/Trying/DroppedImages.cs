using Microsoft.JSInterop;
using VitGrid.Page.Circuits;

namespace VitGrid.Page.Trying;

/// <summary>The images that were dropped on one page, bounded in number and in bytes. Belongs to a circuit.</summary>
/// <param name="memory">Where room for them is taken.</param>
internal sealed class DroppedImages(CircuitMemory memory)
{
    /// <summary>Most images of a page.</summary>
    public const int MaxImages = 16;

    private readonly List<DroppedImage> _all = [];

    /// <summary>All of them, in the order in which they came.</summary>
    public IReadOnlyList<DroppedImage> All => _all;

    /// <summary>Those that have a vector.</summary>
    public IReadOnlyList<DroppedImage> Embedded => [.. _all.Where(image => image.Vector is not null)];

    /// <summary>Why so many more cannot be taken; null: they can.</summary>
    public string? ObjectionTo(int more) => more > MaxImages - _all.Count ? TryTexts.TooMany(more, _all.Count, MaxImages) : null;

    /// <summary>Takes a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="preview">Where the browser shows it from.</param>
    /// <param name="read">Fills a buffer of that length with it.</param>
    /// <returns>Why it was not taken, with its name; null: it was.</returns>
    public async Task<string?> AddAsync(string name, long bytes, string preview, Func<byte[], Task> read)
    {
        if (ObjectionTo(1) is { } objection)
            return objection;
        if (memory.Take(bytes) is { } bound)
            return TryTexts.NoRoom(name, bytes, bound);
        bool isTaken = false;
        try
        {
            byte[] content = new byte[bytes];
            await read(content);
            _all.Add(new(_all.Count + 1, name, content, preview));
            isTaken = true;
            return null;
        }
        catch (Exception exception) when (exception is IOException or JSException or TimeoutException)
        {
            return TryTexts.NotRead(name, exception.Message);
        }
        finally
        {
            if (!isTaken)
                memory.Give(bytes);
        }
    }

    /// <summary>Lets go of all of them.</summary>
    public void Clear()
    {
        memory.Give(_all.Sum(image => (long)image.Bytes.Length));
        _all.Clear();
    }
}

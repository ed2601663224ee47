using System.Security.Cryptography;
using System.Text;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Verbs.Search;

/// <summary>
/// The vectors of the images below a folder: what is kept and still true, and what has to be made. An image is the same as long as its
/// length and its time of writing are.
/// </summary>
internal sealed class FolderVectors
{
    /// <summary>What a folder may hold; more is the queue's work.</summary>
    public const int MaxImages = 1_000_000;

    private readonly string _file;
    private readonly KeptSchema _schema;
    private readonly Dictionary<string, (KeptImage Image, float[] Vector)> _vectors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeptImage> _missing = new(StringComparer.Ordinal);
    private bool _changed;

    private FolderVectors(string folder, KeptSchema schema) =>
        (Folder, _schema, _file) = (folder, schema, Path.Combine(folder, ".vitgrid", FileName(schema)));

    /// <summary>The folder as it was named.</summary>
    public string Folder { get; }

    /// <summary>Images whose vectors have to be made, in path order.</summary>
    public IReadOnlyList<ImageFile> Missing { get; private set; } = [];

    /// <summary>Why vectors could not be kept; null where they were, or nothing had changed.</summary>
    public string? NotKept { get; private set; }

    /// <summary>Compares what is kept with what is there.</summary>
    /// <exception cref="VerbException">There are no images, or too many.</exception>
    public static FolderVectors Open(string folder, KeptSchema schema)
    {
        FolderVectors opened = new(folder, schema);
        IReadOnlyList<ImageFile> there = ImageFiles.Find([folder]);
        if (there.Count == 0)
            throw new VerbException(
                $"{folder} holds neither images (.jpg, .png, .webp or the like) nor an index that 'vitgrid index' wrote; name another "
                    + "folder");
        if (there.Count > MaxImages)
        {
            throw new VerbException($"{folder} holds {there.Count} images, the limit is {MaxImages}; put them into an index with "
                + "'vitgrid index submit', and search that");
        }
        opened.Compare(there);
        return opened;
    }

    /// <summary>Takes in the vector, of length one, that was made of the image of that name among <see cref="Missing"/>.</summary>
    public void Add(string image, float[] vector)
    {
        // As it was before it was read: a file that was written meanwhile is made anew next time.
        if (_missing.TryGetValue(image, out KeptImage? kept))
            _vectors[kept.File] = (kept, vector);
        _changed = true;
    }

    /// <summary>All vectors in path order, which are kept if any of them is new or gone.</summary>
    public KeptVectors Complete()
    {
        (KeptImage Image, float[] Vector)[] rows = [.. _vectors.Values.OrderBy(row => row.Image.File, StringComparer.Ordinal)];
        float[] numbers = new float[rows.Length * _schema.Dimensions];
        for (int i = 0; i < rows.Length; i++)
            rows[i].Vector.CopyTo(numbers, i * _schema.Dimensions);
        KeptVectors all = new(_schema, Array.ConvertAll(rows, row => row.Image), numbers);
        if (_changed)
            Keep(all);
        return all;
    }

    /// <summary>A folder that cannot be written to is searched all the same.</summary>
    private void Keep(KeptVectors all)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            all.Write(_file);
            _changed = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            NotKept = exception.Message;
        }
    }

    private void Compare(IReadOnlyList<ImageFile> there)
    {
        KeptVectors? kept = KeptVectors.Read(_file, _schema);
        Dictionary<KeptImage, int> places = [];
        for (int i = 0; i < (kept?.Images.Count ?? 0); i++)
            places[kept!.Images[i]] = i;
        List<ImageFile> missing = [];
        foreach (ImageFile image in there)
        {
            KeptImage? now = Describe(image);
            if (now is not null && places.TryGetValue(now, out int place))
            {
                _vectors[now.File] = (now, kept!.Vector(place).ToArray());
                continue;
            }
            missing.Add(image);
            if (now is not null)
                _missing[image.Name] = now;
        }
        _changed = kept is not null && _vectors.Count != kept.Images.Count;
        Missing = missing;
    }

    private KeptImage? Describe(ImageFile image)
    {
        if (image.Path is null || image.Fault is not null)
            return null;
        FileInfo file = new(image.Path);
        return file.Exists
            ? new(Path.GetRelativePath(Folder, image.Path).Replace('\\', '/'), file.Length, file.LastWriteTimeUtc) : null;
    }

    /// <summary>A file for each schema: who changes between two models does not make everything anew each time.</summary>
    private static string FileName(KeptSchema schema)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(schema.ToString())))[..8];
        return $"{Uri.EscapeDataString(schema.Model)}-{digest}.vectors";
    }
}

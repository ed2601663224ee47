using System.Text;
using VitGrid.Runtime.Backends;

namespace VitGrid.Server.Verbs;

/// <summary>
/// The devices that were there when this machine served before, a name a line in a file: one that is missing is then known to have been
/// lost, not misspelt. Where the file cannot be read or written nothing is known.
/// </summary>
internal sealed class KnownDevices
{
    // More than any machine has; what is beyond is no record of ours.
    private const int MaxBytes = 65_536;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Reads the record.</summary>
    /// <param name="file">Its path.</param>
    public KnownDevices(string file)
    {
        File = file;
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: <= MaxBytes })
                _names.UnionWith(System.IO.File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing is known.
        }
    }

    /// <summary>The record of this machine, in the user's data folder, which several machines may share.</summary>
    public static KnownDevices Of(ModelRoots roots) =>
        new(Path.Combine(Path.GetDirectoryName(roots.Imported)!, "devices", Environment.MachineName));

    /// <summary>Where the record is.</summary>
    public string File { get; }

    /// <summary>Their names, sorted.</summary>
    public IEnumerable<string> Names => _names.Order(StringComparer.Ordinal);

    /// <summary>Whether the device was there.</summary>
    public bool Has(string device) => _names.Contains(device);

    /// <summary>Notes that these are there. A processor is always there, and is not noted.</summary>
    public void Note(IEnumerable<DeviceSpec> devices)
    {
        int before = _names.Count;
        _names.UnionWith(devices.Where(device => !device.Backend.SharesHost).Select(device => device.Name));
        if (_names.Count == before)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(File)!);
            using AtomicFile file = new(File);
            file.Stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', Names) + "\n"));
            file.Commit();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A data folder that cannot be written keeps no record: the next start refuses what is missing.
        }
    }
}

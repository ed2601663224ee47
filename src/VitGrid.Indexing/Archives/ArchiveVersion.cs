using Microsoft.Win32.SafeHandles;

namespace VitGrid.Indexing.Archives;

/// <summary>Tells an archive from what it becomes when somebody writes it anew: length and time of the last change.</summary>
internal static class ArchiveVersion
{
    /// <summary>The version of a file that is open.</summary>
    public static string Of(SafeFileHandle file) =>
        string.Create(CultureInfo.InvariantCulture, $"{RandomAccess.GetLength(file)}-{File.GetLastWriteTimeUtc(file).Ticks:x}");
}

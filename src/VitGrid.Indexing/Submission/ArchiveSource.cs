using Microsoft.Win32.SafeHandles;
using VitGrid.Indexing.Archives;

namespace VitGrid.Indexing.Submission;

/// <summary>Opens archives that are files of the submitter.</summary>
internal static class ArchiveSource
{
    /// <summary>Tells why it cannot be read, with the remedy; null: it can, and has that version.</summary>
    public static string? Open(string path, out string version)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            version = ArchiveVersion.Of(file);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            version = "";
            return $"it cannot be read ({exception.Message}); grant the right to, or leave it out";
        }
    }

    /// <summary>Opens it.</summary>
    public static Stream Open(string path) =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
}

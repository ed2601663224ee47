using System.Globalization;

namespace VitGrid.Server.Tests.Decoding;

/// <summary>A server's processes, as Linux tells of them.</summary>
internal sealed class ProcessTree(int server)
{
    /// <summary>The processes that decode for it.</summary>
    public IReadOnlyList<int> Decoders =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0 && Read(id, "cmdline").Contains("decode-images", StringComparison.Ordinal) && Parent(id) == server),
    ];

    /// <summary>Memory of them and of the server, in bytes.</summary>
    public long Memory => Decoders.Append(server).Sum(Resident);

    /// <summary>Memory of one process, in bytes; 0 where it is gone.</summary>
    public static long Resident(int id) => Field(id, "VmRSS:") * 1024;

    /// <summary>Whether it is gone, a zombie included.</summary>
    public static bool IsGone(int id) => Read(id, "cmdline").Length == 0;

    /// <summary>Asks again and again until it is so: of another process nothing else tells.</summary>
    public static async Task UntilAsync(Func<bool> isSo, string what, TimeSpan limit)
    {
        using CancellationTokenSource over = new(limit);
        while (!isSo())
        {
            Assert.False(over.IsCancellationRequested, $"{what}: not within {limit.TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        }
    }

    private static int Parent(int id) => (int)Field(id, "PPid:");

    private static long Field(int id, string name)
    {
        string? line = Read(id, "status").Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/{file}"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}

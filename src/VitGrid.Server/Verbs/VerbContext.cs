using VitGrid.Runtime.Images.Isolation;
using VitGrid.Server.Hosting;

namespace VitGrid.Server.Verbs;

/// <summary>What every verb is given: where to write, and where models may lie.</summary>
internal sealed record VerbContext(Terminal Terminal, ModelRoots Roots)
{
    /// <summary>Bytes that may still be written below a folder that exists.</summary>
    public Func<string, long> FreeBytes { get; init; } = FreeBytesOf;

    /// <summary>Reads a variable of the environment.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>How a process is started that decodes; null decodes in this one.</summary>
    public DecodeProgram? Decoder { get; init; }

    public static VerbContext OfThisProcess() =>
        new(Terminal.OfThisProcess(), ModelRoots.FromEnvironment(AppContext.BaseDirectory, Environment.GetEnvironmentVariable))
        {
            Decoder = DecoderHosting.FindProgram(),
        };

    /// <summary>A file system that does not tell is not held against the user.</summary>
    private static long FreeBytesOf(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return long.MaxValue;
        }
    }
}

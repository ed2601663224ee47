using System.Reflection;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Runtime.Images.Isolation;

namespace VitGrid.Server.Hosting;

/// <summary>Where this program decodes images: in processes of their own, or in itself where it cannot be started again.</summary>
internal static partial class DecoderHosting
{
    private const string Program = "vitgrid";
    private const string SharedFolder = "/dev/shm";

    // Of the models that are served most often; a process for larger pixels is started when they come.
    private static readonly int PixelBytes = InputSize.Square(448).PixelBytes;

    /// <summary>Registers the decoder.</summary>
    public static IServiceCollection AddDecoder(this IServiceCollection services, ImageOptions options, DecodeProgram? program) =>
        services.AddSingleton(provider => Create(
            options, options.DecodeProcess ? program : null, provider.GetRequiredService<ILoggerFactory>().CreateLogger("VitGrid.Server")));

    /// <summary>How this program is started once more; null where it is a part of another one.</summary>
    public static DecodeProgram? FindProgram()
    {
        Assembly own = typeof(DecoderHosting).Assembly;
        return (Environment.ProcessPath, Path.GetFileNameWithoutExtension(Environment.ProcessPath)) switch
        {
            ({ } path, Program) => new(path, [DecoderChild.Verb]),
            ({ } path, "dotnet") when Assembly.GetEntryAssembly() == own => new(path, [own.Location, DecoderChild.Verb]),
            _ => null,
        };
    }

    private static IImageDecoder Create(ImageOptions options, DecodeProgram? program, ILogger log)
    {
        if (program is null)
            return new ImagePreprocessor(options.Limits);
        IsolatedDecoder decoder = new(program, options.Limits, options.DecodeThreads);
        try
        {
            bool isShared = decoder.Start(PixelBytes);
            if (!isShared || MissingBytes(options.DecodeThreads) > 0)
                LogLittleMemory(log, SharedFolder, options.DecodeThreads * IsolatedDecoder.SharedBytes(PixelBytes));
            return decoder;
        }
        catch (DecoderException exception)
        {
            decoder.Dispose();
            LogNotStarted(log, exception.Message);
            return new ImagePreprocessor(options.Limits);
        }
    }

    /// <summary>What all processes together would need beyond what is free.</summary>
    private static long MissingBytes(int processes) => OperatingSystem.IsLinux()
        ? ((processes - 1) * IsolatedDecoder.SharedBytes(PixelBytes)) - new DriveInfo(SharedFolder).AvailableFreeSpace
        : 0;

    [LoggerMessage(7041, LogLevel.Warning,
        "{Folder} has less than the {Bytes} bytes that decoding processes would share with the server; pixels come through pipes "
        + "where it is full, which is slower: give the container more (--shm-size, or an emptyDir of medium Memory)")]
    private static partial void LogLittleMemory(ILogger log, string folder, long bytes);

    [LoggerMessage(7042, LogLevel.Warning, "images are decoded in the server itself, where a damaged one can end it: {Reason}")]
    private static partial void LogNotStarted(ILogger log, string reason);
}

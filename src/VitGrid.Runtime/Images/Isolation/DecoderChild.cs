using System.Runtime.InteropServices;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Runtime.Sessions;

namespace VitGrid.Runtime.Images.Isolation;

/// <summary>
/// The process that decodes for another one: requests on standard input, replies on standard output, one at a time. It is given bytes and
/// a profile, opens no socket and reads no configuration, and ends itself as soon as its input ends, amid a decode too.
/// </summary>
public static class DecoderChild
{
    /// <summary>The first argument by which a program knows that it is to be this process; in no help.</summary>
    public const string Verb = "decode-images";

    /// <summary>The last argument of a process that lets all others go first.</summary>
    internal const string StandsBack = "--stands-back";

    private const long LargeBytes = 64 << 20;

    /// <summary>Serves the parent until it is gone.</summary>
    /// <param name="arguments">
    /// The path of the shared memory, empty without one; <c>--stands-back</c> where batches and other images go first.
    /// </param>
    /// <returns>Never anything else than 0.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        if (arguments is [.., StandsBack])
            ComputeThread.LowerPriority(times: 2);
        // A terminal's Ctrl-C and a supervisor's SIGTERM reach this process too; its parent decides when it ends.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ignore);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Ignore);
        using SharedRegion? region = arguments is [{ Length: > 0 } path, ..] ? SharedRegion.Open(path) : null;
        using Stream requests = Console.OpenStandardInput();
        using Stream replies = Console.OpenStandardOutput();
        DecodeFrames.Write(replies, new DecodeHello(region is not null), DecodeJson.Default.DecodeHello);
        using DecodeQueue queue = new(requests);
        Serve(queue, replies, region);
        return 0;
    }

    private static void Ignore(PosixSignalContext context) => context.Cancel = true;

    private static void Serve(DecodeQueue queue, Stream replies, SharedRegion? region)
    {
        byte[] own = [];
        while (true)
        {
            (DecodeRequest request, byte[] file) = queue.Take();
            int bytes = request.PixelBytes;
            if (region is null && own.Length < bytes)
                own = new byte[bytes];
            Span<byte> pixels = region is null ? own.AsSpan(0, bytes) : region.Pixels[..bytes];
            DecodeReply reply = Decode(request, request.IsFileShared ? region!.File[..request.FileBytes] : file, pixels);
            DecodeFrames.Write(replies, reply, DecodeJson.Default.DecodeReply);
            if (region is null && reply.Fault is null)
            {
                replies.Write(pixels);
                replies.Flush();
            }
            // What a large image took goes back to the system before the next one.
            if (GC.GetTotalMemory(forceFullCollection: false) > LargeBytes)
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        }
    }

    private static DecodeReply Decode(DecodeRequest request, ReadOnlySpan<byte> file, Span<byte> pixels)
    {
        try
        {
            new ImagePreprocessor(request.Limits).Process(file, request.Profile, pixels);
            return new(request.Id);
        }
        catch (ImageException exception)
        {
            return new(request.Id, exception.Fault, exception.Message);
        }
    }
}

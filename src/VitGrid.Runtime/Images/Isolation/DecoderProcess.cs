using System.ComponentModel;
using System.Diagnostics;
using VitGrid.Runtime.Images.Decoding;

namespace VitGrid.Runtime.Images.Isolation;

/// <summary>
/// One process that decodes, and what it shares with this one. One image at a time, by one thread; any thread may end it. After anything
/// but a reply to what was asked it is ended and never asked again.
/// </summary>
internal sealed class DecoderProcess : IDisposable
{
    private readonly Process _process;
    private readonly SharedRegion? _region;
    private readonly Stream _requests;
    private readonly Stream _replies;

    private DecoderProcess(Process process, SharedRegion? region)
    {
        _process = process;
        _region = region;
        _requests = process.StandardInput.BaseStream;
        _replies = process.StandardOutput.BaseStream;
        Id = process.Id;
    }

    /// <summary>The system's number of it.</summary>
    public int Id { get; }

    /// <summary>Whether pixels come through shared memory.</summary>
    public bool IsShared => _region is not null;

    /// <summary>Starts one and waits until it says that it is there.</summary>
    /// <param name="program">What is started.</param>
    /// <param name="region">Its shared memory, from now on its own; null for none.</param>
    /// <param name="standsBack">Whether batches and other images go first.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DecoderException">It did not start.</exception>
    public static DecoderProcess Start(
        DecodeProgram program, SharedRegion? region, bool standsBack, CancellationToken cancellationToken)
    {
        DecoderProcess? started = null;
        try
        {
            started = new(Process.Start(StartOf(program, region, standsBack))!, region);
            return started.Greet(cancellationToken) ? started : throw new InvalidDataException("it does not see the shared memory");
        }
        catch (Exception exception) when (exception is Win32Exception or IOException or InvalidDataException)
        {
            string end = started is null ? "" : started.End();
            if (started is null)
                region?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new DecoderException(
                $"no process could be started that decodes images ('{program.FileName}'{end}: {exception.Message}); retry later, free "
                + "memory or process ids, or decode in the server itself with Images:DecodeProcess=false", exception);
        }
        finally
        {
            region?.Unlink();
        }
    }

    /// <summary>Decodes an image.</summary>
    /// <returns>The reply; null when it ended, or answered something else.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled; the process is ended.</exception>
    public DecodeReply? Decode(DecodeOrder order, ImageLimits limits, Span<byte> pixels, CancellationToken cancellationToken)
    {
        DecodeReply? reply = null;
        // Ending it is what wakes the thread that waits for its reply.
        using (cancellationToken.UnsafeRegister(static state => ((DecoderProcess)state!).Kill(), this))
        {
            try
            {
                Guid id = Guid.NewGuid();
                Send(order, limits, pixels.Length, id);
                DecodeReply read = DecodeFrames.Read(_replies, DecodeJson.Default.DecodeReply);
                if (read.Id == id)
                    reply = Receive(read, pixels);
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException or ObjectDisposedException)
            {
                reply = null;
            }
        }
        // Also where a reply was there in the last moment: the process may be ended by now.
        cancellationToken.ThrowIfCancellationRequested();
        return reply;
    }

    /// <summary>Ends it, whatever it is doing. Whoever asked it is told so, and disposes it.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Ends it, waits for that, and frees what it shared.</summary>
    public void Dispose() => End();

    private static ProcessStartInfo StartOf(DecodeProgram program, SharedRegion? region, bool standsBack)
    {
        ProcessStartInfo start = new(
            program.FileName, [.. program.Arguments, region?.Path ?? "", .. standsBack ? [DecoderChild.StandsBack] : Array.Empty<string>()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in DecodeProgram.Environment())
            start.Environment[name] = value;
        return start;
    }

    private bool Greet(CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static state => ((DecoderProcess)state!).Kill(), this))
            return DecodeFrames.Read(_replies, DecodeJson.Default.DecodeHello).IsShared == IsShared;
    }

    private void Send(DecodeOrder order, ImageLimits limits, int pixelBytes, Guid id)
    {
        ReadOnlySpan<byte> file = order.File.Span;
        bool shared = _region is not null && file.Length <= SharedRegion.FileBytes;
        if (shared)
            file.CopyTo(_region!.File);
        DecodeRequest request = new(id, order.Profile, limits, pixelBytes, file.Length, shared);
        DecodeFrames.Write(_requests, request, DecodeJson.Default.DecodeRequest);
        if (shared)
            return;
        _requests.Write(file);
        _requests.Flush();
    }

    private DecodeReply Receive(DecodeReply reply, Span<byte> pixels)
    {
        if (reply.Fault is not null)
            return reply;
        if (_region is null)
            _replies.ReadExactly(pixels);
        else
            _region.Pixels[..pixels.Length].CopyTo(pixels);
        return reply;
    }

    /// <summary>Ends it; says how it had ended where it was not this that ended it.</summary>
    private string End()
    {
        Kill();
        _process.WaitForExit();
        string code = FormattableString.Invariant($", exit code {_process.ExitCode}");
        _process.Dispose();
        // Nobody writes to it any more.
        _region?.Dispose();
        return code;
    }
}

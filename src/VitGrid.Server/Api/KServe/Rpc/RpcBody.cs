using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.KServe.Rpc;

/// <summary>
/// The body of a call as it arrives, held to the bounds of every body: of one message, of a client's and of all together, and in time. What
/// passes one ends the call with the status of its error. Used by one call.
/// </summary>
internal sealed class RpcBody : Stream
{
    private const int PrefixBytes = 5;
    private const int FirstBytes = 64 << 10;

    private readonly byte[] _prefix = new byte[PrefixBytes];
    private readonly Stream _inner;
    private readonly HttpOptions _limits;
    private readonly BodyShare _memory;
    private readonly CancellationTokenSource _late;
    private int _prefixRead;
    private long _left;
    private long _count;
    private long _reserved;

    /// <param name="inner">What arrives.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="memory">The client's share.</param>
    /// <param name="time">The clock.</param>
    public RpcBody(Stream inner, HttpOptions limits, BodyShare memory, TimeProvider time)
    {
        (_inner, _limits, _memory) = (inner, limits, memory);
        _late = new(TimeSpan.FromSeconds(limits.BodySeconds), time);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            int read = await ReadInTimeAsync(buffer, cancellationToken);
            Count(buffer.Span[..read]);
            return read;
        }
        catch (ApiException exception)
        {
            throw RpcStatus.ToException(exception.Error);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _memory.Give(_reserved);
        _reserved = 0;
        _late.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadInTimeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _late.Token);
        try
        {
            return await _inner.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException) when (_late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(ApiCode.BodyTimeout,
                $"the body did not arrive within {_limits.BodySeconds} s (VitGrid:Http:BodySeconds); send less in one request, or over a "
                    + "faster connection");
        }
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _count += bytes.Length;
        while (_count > _reserved)
        {
            // Doubled, as a buffer would grow: a client that only claims a large body holds little.
            long more = Math.Max(_reserved, FirstBytes);
            _memory.Reserve(more);
            _reserved += more;
        }
        while (bytes.Length > 0)
        {
            if (_left == 0)
            {
                int part = Math.Min(bytes.Length, PrefixBytes - _prefixRead);
                bytes[..part].CopyTo(_prefix.AsSpan(_prefixRead));
                _prefixRead += part;
                bytes = bytes[part..];
                if (_prefixRead == PrefixBytes)
                    Begin(BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1)));
                continue;
            }
            int content = (int)Math.Min(bytes.Length, _left);
            _left -= content;
            bytes = bytes[content..];
        }
    }

    private void Begin(uint length)
    {
        if (length > _limits.MaxBodyBytes)
        {
            throw new ApiException(ApiCode.PayloadTooLarge, string.Create(CultureInfo.InvariantCulture,
                $"the message has {length:N0} bytes, the limit is {_limits.MaxBodyBytes:N0} (VitGrid:Http:MaxBodyBytes); send fewer or "
                    + $"smaller images a request"));
        }
        (_left, _prefixRead) = (length, 0);
    }
}

/// <summary>Puts <see cref="RpcBody"/> before calls.</summary>
internal sealed class RpcBodyPipe(PipeReader reader) : IRequestBodyPipeFeature
{
    private static readonly StreamPipeReaderOptions Buffers = new(bufferSize: 32 << 10, minimumReadSize: 4 << 10, leaveOpen: true);

    /// <inheritdoc/>
    public PipeReader Reader => reader;

    /// <summary>Runs a call whose body is bounded.</summary>
    public static async Task RunAsync(HttpContext context, RequestDelegate call)
    {
        IServiceProvider services = context.RequestServices;
        IRequestBodyPipeFeature? before = context.Features.Get<IRequestBodyPipeFeature>();
        await using RpcBody body = new(
            context.Request.Body, services.GetRequiredService<HttpOptions>(), services.GetRequiredService<BodyMemory>().For(context),
            services.GetRequiredService<TimeProvider>());
        context.Features.Set<IRequestBodyPipeFeature>(new RpcBodyPipe(PipeReader.Create(body, Buffers)));
        try
        {
            await call(context);
        }
        finally
        {
            context.Features.Set(before);
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using VitGrid.Engine.FeatureRequests;
using VitGrid.Engine.Features;
using VitGrid.Indexing.Formats;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Runtime.Images;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Answers;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Features;

/// <summary>
/// Writes an answer with features in one form, image by image: what stands before them, each image's bytes, what stands behind. Used by one
/// request.
/// </summary>
internal abstract class FeatureAnswer(FeaturePlan plan)
{
    /// <summary>The content type.</summary>
    public abstract string ContentType { get; }

    /// <summary>Bytes of the whole answer; null: not known before.</summary>
    public abstract long? Length { get; }

    /// <summary>Whether an image that failed can be told in the midst of others.</summary>
    public virtual bool TellsErrors => false;

    /// <summary>What is written.</summary>
    protected FeaturePlan Plan => plan;

    /// <summary>The answer in the form that a request asks for.</summary>
    /// <param name="format">The form.</param>
    /// <param name="plan">What is written.</param>
    /// <param name="grids">The tiles of each image, where they are cut.</param>
    public static FeatureAnswer Make(FeatureFormat format, FeaturePlan plan, IReadOnlyList<TileGrid> grids) => format switch
    {
        _ when plan.Tiling is not null => new TiledAnswer(plan, grids),
        FeatureFormat.Npy => new NpyAnswer(plan),
        FeatureFormat.Multipart => new MultipartAnswer(plan),
        _ => new SafetensorsAnswer(plan),
    };

    /// <summary>Writes what stands before the images.</summary>
    public abstract Task BeginAsync(Stream body, CancellationToken cancellationToken);

    /// <summary>Writes an image.</summary>
    public abstract Task WriteAsync(Stream body, int image, FeatureSet features, CancellationToken cancellationToken);

    /// <summary>Writes why an image is not there; only where <see cref="TellsErrors"/>.</summary>
    public virtual Task WriteErrorAsync(Stream body, int image, ApiError error, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} has no room for errors");

    /// <summary>Writes what stands behind the images.</summary>
    public virtual Task EndAsync(Stream body, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>How NumPy calls the numbers.</summary>
    protected NumberFormat Numbers => plan.Order.Type == FeatureType.Float16 ? NumberFormat.Float16 : NumberFormat.Float32;

    /// <summary>Writes all blocks of an image, one behind another.</summary>
    protected static async Task WriteBlocksAsync(Stream body, FeatureSet features, CancellationToken cancellationToken)
    {
        foreach (FeatureBlock block in features.Blocks)
        {
            foreach (ReadOnlyMemory<byte> chunk in block.Chunks)
                await body.WriteAsync(chunk, cancellationToken);
        }
    }
}

/// <summary>One safetensors file: <c>images.I.layers.L.patches</c> and so on, in the order in which they are computed.</summary>
internal sealed class SafetensorsAnswer : FeatureAnswer
{
    private readonly byte[] _header;

    public SafetensorsAnswer(FeaturePlan plan)
        : base(plan) => _header = SafetensorsWriter.Header(
        [
            .. from image in Enumerable.Range(0, plan.Images)
               from tensor in plan.Tensors
               select new TensorToWrite(tensor.NameFor(image), plan.Order.Type.AsStored(), tensor.Shape, _ => { }),
        ], plan.Metadata());

    public override string ContentType => "application/vnd.safetensors";

    public override long? Length => _header.Length + Plan.Bytes;

    public override Task BeginAsync(Stream body, CancellationToken cancellationToken) =>
        body.WriteAsync(_header, cancellationToken).AsTask();

    public override Task WriteAsync(Stream body, int image, FeatureSet features, CancellationToken cancellationToken) =>
        WriteBlocksAsync(body, features, cancellationToken);
}

/// <summary>
/// One safetensors file of visual tokens: <c>images.I.tiles</c>, columns, rows, and 1 where a thumbnail comes last; and behind all of them
/// <c>images.I.visual_tokens</c> [tokens of all tiles, E], tile by tile.
/// </summary>
internal sealed class TiledAnswer : FeatureAnswer
{
    private readonly IReadOnlyList<TileGrid> _grids;
    private readonly byte[] _header;

    public TiledAnswer(FeaturePlan plan, IReadOnlyList<TileGrid> grids)
        : base(plan)
    {
        _grids = grids;
        FeatureShape shape = plan.Model.FeatureShape;
        TensorToWrite[] tokens = [.. grids.Select((grid, image) => new TensorToWrite(
            plan.Tensors[0].NameFor(image),
            plan.Order.Type.AsStored(),
            [(long)grid.Inputs * shape.VisualCount, shape.VisualWidth],
            _ => { }))];
        TensorToWrite[] tiles = [.. grids.Select((_, image) => new TensorToWrite(
            string.Create(CultureInfo.InvariantCulture, $"images.{image}.tiles"), TensorType.I64, [3], _ => { }))];
        Dictionary<string, string> metadata = plan.Metadata();
        metadata["tiling"] = plan.Tiling!.Key;
        long inputs = grids.Sum(grid => (long)grid.Inputs);
        metadata["total_tokens"] = string.Create(CultureInfo.InvariantCulture, $"{inputs * plan.Model.Tokens}");
        _header = SafetensorsWriter.Header([.. tiles, .. tokens], metadata);
        Length = _header.Length + tokens.Concat(tiles).Sum(tensor => tensor.Length);
    }

    public override string ContentType => "application/vnd.safetensors";

    public override long? Length { get; }

    public override async Task BeginAsync(Stream body, CancellationToken cancellationToken)
    {
        long[] tiles = [.. _grids.SelectMany(grid => new long[] { grid.Columns, grid.Rows, grid.HasThumbnail ? 1 : 0 })];
        await body.WriteAsync(_header, cancellationToken);
        await body.WriteAsync(MemoryMarshal.AsBytes(tiles.AsSpan()).ToArray(), cancellationToken);
    }

    public override Task WriteAsync(Stream body, int image, FeatureSet features, CancellationToken cancellationToken) =>
        WriteBlocksAsync(body, features, cancellationToken);
}

/// <summary>One NumPy array, its first dimension the images; for one tensor an image.</summary>
internal sealed class NpyAnswer : FeatureAnswer
{
    private readonly byte[] _header;

    public NpyAnswer(FeaturePlan plan)
        : base(plan) => _header = NpyFile.Header([plan.Images, .. plan.Tensors[0].Shape], Numbers);

    public override string ContentType => "application/x-npy";

    public override long? Length => _header.Length + Plan.Bytes;

    public override Task BeginAsync(Stream body, CancellationToken cancellationToken) =>
        body.WriteAsync(_header, cancellationToken).AsTask();

    public override Task WriteAsync(Stream body, int image, FeatureSet features, CancellationToken cancellationToken) =>
        WriteBlocksAsync(body, features, cancellationToken);
}

/// <summary>
/// A multipart body (RFC 2046): a NumPy array for each tensor, named as in a safetensors file, and the error of an image in its place.
/// </summary>
internal sealed class MultipartAnswer(FeaturePlan plan) : FeatureAnswer(plan)
{
    private readonly string _boundary = $"vitgrid-{Guid.NewGuid():N}";

    public override string ContentType => $"multipart/mixed; boundary={_boundary}";

    public override long? Length => null;

    public override bool TellsErrors => true;

    public override Task BeginAsync(Stream body, CancellationToken cancellationToken) => Task.CompletedTask;

    public override async Task WriteAsync(Stream body, int image, FeatureSet features, CancellationToken cancellationToken)
    {
        foreach (PlannedTensor tensor in Plan.Tensors)
        {
            byte[] header = NpyFile.Header(tensor.Shape, Numbers);
            await HeadAsync(body, tensor.NameFor(image), ".npy", "application/x-npy", header.Length + tensor.Bytes, cancellationToken);
            await body.WriteAsync(header, cancellationToken);
            await features.Blocks[tensor.Block].WriteAsync(body, tensor.Offset, tensor.Bytes, cancellationToken);
        }
    }

    public override async Task WriteErrorAsync(Stream body, int image, ApiError error, CancellationToken cancellationToken)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new(ErrorBodies.From(error)), AnswerJson.Client.ErrorResponse);
        string name = string.Create(CultureInfo.InvariantCulture, $"images.{image}.error");
        await HeadAsync(body, name, ".json", "application/json", json.Length, cancellationToken);
        await body.WriteAsync(json, cancellationToken);
    }

    public override Task EndAsync(Stream body, CancellationToken cancellationToken) =>
        body.WriteAsync(Encoding.ASCII.GetBytes($"\r\n--{_boundary}--\r\n"), cancellationToken).AsTask();

    private Task HeadAsync(Stream body, string name, string ending, string type, long length, CancellationToken cancellationToken) =>
        body.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"\r\n--{_boundary}\r\nContent-Disposition: attachment; name=\"{name}\"; filename=\"{name}{ending}\"\r\n"
                + $"Content-Type: {type}\r\nContent-Length: {length}\r\n\r\n")), cancellationToken).AsTask();
}

using VitGrid.Engine.Features;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FeatureRequests;

/// <summary>One tensor of each image.</summary>
/// <param name="Name">Its name behind the image's, such as <c>layers.24.patches</c>.</param>
/// <param name="Block">The block of the image's features that it lies in.</param>
/// <param name="Offset">Bytes before it in the block.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Shape">Its dimensions.</param>
public sealed record PlannedTensor(string Name, int Block, long Offset, long Bytes, ImmutableArray<long> Shape)
{
    /// <summary>Its whole name, such as <c>images.0.layers.24.patches</c>.</summary>
    public string NameFor(int image) => string.Create(CultureInfo.InvariantCulture, $"images.{image}.{Name}");
}

/// <summary>All that is known of an answer before anything is computed: its tensors, their order and its bytes.</summary>
/// <param name="Model">The model.</param>
/// <param name="Order">What is asked of each image.</param>
/// <param name="Images">How many there are.</param>
/// <param name="Tensors">The tensors of one image, one behind another without a gap.</param>
public sealed record FeaturePlan(ModelInfo Model, FeatureOrder Order, int Images, IReadOnlyList<PlannedTensor> Tensors)
{
    private static readonly FeatureParts[] Kinds = [FeatureParts.Cls, FeatureParts.Registers, FeatureParts.Patches];

    /// <summary>Into how many tiles each image is cut; null: into none.</summary>
    public ImageTiling? Tiling { get; init; }

    /// <summary>Bytes of one image's tensors; where it is cut into tiles, of as many as there may be.</summary>
    public long ImageBytes => Order.Bytes(Model.FeatureShape) * (Tiling?.MaxInputs ?? 1);

    /// <summary>
    /// Bytes that an image takes while it is computed: visual tokens that pass through the cache are there in single precision as well.
    /// </summary>
    public long WorkBytes(CacheUse cache) => Order.IsVisual && cache != CacheUse.Bypass
        ? ImageBytes + (ImageBytes / Order.ElementBytes * sizeof(float))
        : ImageBytes;

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => Images * ImageBytes;

    /// <summary>What the tensors are, for files that have room for it.</summary>
    public Dictionary<string, string> Metadata()
    {
        FeatureShape shape = Model.FeatureShape;
        return new()
        {
            ["format"] = "pt",
            ["model"] = Model.Name,
            ["revision"] = Model.Fingerprint ?? "",
            ["layers"] = string.Join(',', Order.Layers),
            ["norm"] = Order.NormedFrom switch { int.MaxValue => "none", 0 => "all", _ => "last" },
            ["layout"] = Order.Layout == FeatureLayout.Nchw ? "NCHW" : "NLC",
            ["grid"] = string.Create(CultureInfo.InvariantCulture, $"{shape.Rows}x{shape.Columns}"),
            ["images"] = Number(Images),
            ["total_tokens"] = Number((long)Images * Model.Tokens),
        };
    }

    /// <summary>Plans an answer.</summary>
    /// <exception cref="GridException">The model has not what is asked for, or it is more than is allowed.</exception>
    public static FeaturePlan Make(FeatureFields fields, ModelInfo model, int images, FeatureOptions limits)
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(limits);
        FeatureOrder order = fields.ToOrder(model);
        FeaturePlan plan = new(model, order, images, [.. TensorsOf(order, model.FeatureShape)]) { Tiling = fields.Tiling };
        if (plan.Bytes > limits.MaxBytes)
        {
            throw TooLarge("Features:MaxBytes", limits.MaxBytes,
                $"{images} images of {order.Blocks} outputs of {plan.ImageBytes / order.Blocks} bytes each are {plan.Bytes}");
        }
        // How many tiles there are is known when all images are decoded, and stands before the first token.
        if (plan.Tiling is not null && plan.Bytes > limits.WindowBytes)
        {
            throw TooLarge("Features:WindowBytes", limits.WindowBytes,
                $"{images} images of up to {plan.Tiling.MaxInputs} tiles of {order.Bytes(model.FeatureShape)} bytes are {plan.Bytes}");
        }
        if (plan.ImageBytes > limits.HeldBytes)
            throw TooLarge("Features:HeldBytes", limits.HeldBytes, $"an image of {order.Blocks} outputs is {plan.ImageBytes}");
        return plan;
    }

    private static GridException TooLarge(string setting, long limit, string numbers) => new(
        GridFault.InvalidRequest,
        string.Create(CultureInfo.InvariantCulture,
            $"the answer is too large: {numbers} bytes, the limit is {limit} (VitGrid:{setting}); ask for fewer images, layers or tiles, "
                + $"for less of outputs, or for dtype fp16"))
    { Field = "layers" };

    private static IEnumerable<PlannedTensor> TensorsOf(FeatureOrder order, FeatureShape shape)
    {
        foreach ((int block, int layer) in order.Layers.Index())
        {
            long offset = 0;
            foreach (FeatureParts part in Kinds)
            {
                if ((order.Parts & part) == 0 || shape.Count(part) == 0)
                    continue;
                long bytes = (long)shape.Count(part) * shape.Width * order.ElementBytes;
                yield return new(FeaturePart.Name(layer, part), block, offset, bytes, ShapeOf(part, order, shape));
                offset += bytes;
            }
        }
        if (order.VisualLayer is not null)
        {
            int block = order.Blocks - 1;
            yield return new(FeaturePart.VisualTokens, block, 0, order.BlockBytes(shape, block), [shape.VisualCount, shape.VisualWidth]);
        }
    }

    private static ImmutableArray<long> ShapeOf(FeatureParts part, FeatureOrder order, FeatureShape shape) => part switch
    {
        FeatureParts.Cls => [shape.Width],
        FeatureParts.Patches when order.Layout == FeatureLayout.Nchw => [shape.Width, shape.Rows, shape.Columns],
        _ => [shape.Count(part), shape.Width],
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

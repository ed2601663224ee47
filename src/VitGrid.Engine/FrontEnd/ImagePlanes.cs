using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using VitGrid.Engine.Models;
using VitGrid.Engine.Requests;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;

namespace VitGrid.Engine.FrontEnd;

/// <summary>Images that come as what an encoder takes: normalised planes. Pure.</summary>
internal static class ImagePlanes
{
    /// <summary>Pixels after any published normalisation lie within some units of 0; what is far beyond overflows in an encoder.</summary>
    public const float MaxMagnitude = 1_000;

    /// <summary>Says what is wrong with a request for planes; null: nothing, or it is none.</summary>
    public static string? Fault(EmbeddingRequest request, ModelInfo model)
    {
        if (request.Form == ImageForm.File)
            return null;
        if (request.Tiling is not null)
            return "tiling is for image files; planes are of one image";
        int samples = model.InputSize.SampleCount, bytes = samples * (request.Form == ImageForm.HalfPlanes ? 2 : sizeof(float));
        return request.Image.Length == bytes ? null
            : $"an image of planes has {request.Image.Length} bytes; model '{model.Name}' takes {bytes}: 3 x {model.InputSize.Height} x "
                + $"{model.InputSize.Width} numbers";
    }

    /// <summary>Copies planes in single precision.</summary>
    /// <exception cref="GridException">A number is none, or beyond <see cref="MaxMagnitude"/>.</exception>
    public static void Copy(ReadOnlySpan<byte> planes, ImageForm form, Span<byte> target)
    {
        Span<float> numbers = MemoryMarshal.Cast<byte, float>(target);
        if (form == ImageForm.HalfPlanes)
            FloatWidening.Widen(TensorType.F16, planes, numbers);
        else
            planes.CopyTo(target);
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude<float>(numbers));
        if (!(largest <= MaxMagnitude))
        {
            throw new GridException(GridFault.InvalidRequest, string.Create(CultureInfo.InvariantCulture,
                $"an image of planes holds {largest}; normalised pixels lie between -{MaxMagnitude} and {MaxMagnitude}: subtract the mean "
                    + $"and divide by the deviation that GET /v1/models tells"));
        }
    }
}

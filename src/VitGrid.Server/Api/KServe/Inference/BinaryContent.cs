using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using VitGrid.Engine.Errors;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary>A tensor as bytes: numbers one behind another, little-endian; of bytes each element behind its length in four bytes.</summary>
/// <param name="bytes">All of them.</param>
internal sealed class BinaryContent(ReadOnlyMemory<byte> bytes) : TensorContent
{
    private const int LengthBytes = sizeof(uint);

    public override IReadOnlyList<ImageInput> ReadImages(string name, int count, SharedBuffer buffer)
    {
        List<ImageInput> images = [];
        ReadOnlyMemory<byte> rest = bytes;
        while (images.Count < count)
        {
            uint length = rest.Length < LengthBytes ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
            if (length > rest.Length - LengthBytes)
                throw Refused(name, $"breaks off in element {images.Count} of {count}");
            images.Add(ImageElement.Read(rest.Slice(LengthBytes, (int)length), Name(name, images.Count), buffer));
            rest = rest[(LengthBytes + (int)length)..];
        }
        return rest.IsEmpty ? images : throw Refused(name, $"has {rest.Length} bytes behind its {count} elements");
    }

    public override IReadOnlyList<ImageInput> ReadPlanes(PlaneTensor tensor, SharedBuffer buffer, out SharedBuffer? numbers)
    {
        numbers = null;
        long wanted = tensor.All * (tensor.IsHalf ? 2 : sizeof(float));
        return bytes.Length == wanted ? tensor.Split(bytes, buffer, tensor.IsHalf) : throw new ApiException(ApiCode.InvalidRequest,
            $"the binary data of input '{tensor.Name}' has {bytes.Length} bytes where there are {wanted} by its shape and datatype; send "
                + "each number in 4 bytes (FP32) or 2 (FP16), little-endian", tensor.Name);
    }

    /// <summary>An element's place.</summary>
    public static string Name(string tensor, int element) => string.Create(CultureInfo.InvariantCulture, $"{tensor}[{element}]");

    private ApiException Refused(string name, string what) => new(ApiCode.InvalidRequest,
        $"the binary data of input '{name}' ({bytes.Length} bytes) {what}; send each element as its length in 4 bytes, little-endian, and "
            + "its bytes", name);
}

/// <summary>An element of a tensor of bytes: an image file, or a text that stands for one.</summary>
internal static class ImageElement
{
    /// <summary>Reads it; a file stays where it lies.</summary>
    /// <param name="element">Its bytes.</param>
    /// <param name="param">Its place.</param>
    /// <param name="buffer">Is kept by an image that lies in it.</param>
    public static ImageInput Read(ReadOnlyMemory<byte> element, string param, SharedBuffer buffer)
    {
        if (element.IsEmpty)
            return ImageInput.Refused(param, ApiCode.ImageDecodeFailed, $"{param} is empty (0 bytes); send the bytes of an image file");
        // A text that stands for an image, as clients put it into a tensor of strings; no image file is such a text throughout.
        return !ImagePreprocessor.Recognises(element.Span) && Ascii.IsValid(element.Span) && element.Span.IndexOf((byte)0) < 0
            ? ImageText.Alone(ImageText.Read(element.ToArray(), param, buffer))
            : new(param, element, buffer.Share(), null);
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.KServe.Inference;

/// <summary>A tensor as a JSON array, flat or nested as its shape is: strings that stand for images.</summary>
/// <param name="json">The array, whole and well-formed; images take their texts' places in it.</param>
internal sealed class JsonContent(Memory<byte> json) : TensorContent
{
    public override IReadOnlyList<ImageInput> ReadImages(string name, int count, SharedBuffer buffer)
    {
        List<ImageInput> images = [];
        Utf8JsonReader reader = new(json.Span, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
                continue;
            if (images.Count == count)
                throw Refused(name, count, "more than");
            string param = BinaryContent.Name(name, images.Count);
            images.Add(reader.TokenType == JsonTokenType.String
                ? ImageAt(ref reader, param, buffer)
                : ImageInput.Refused(param, ApiCode.InvalidRequest,
                    $"{param} is a JSON {reader.TokenType}; elements of input '{name}' are strings with base64, a data URI or a URL, or "
                        + "binary data"));
        }
        return images.Count == count ? images : throw Refused(name, count, $"{images.Count} elements where there are");
    }

    public override IReadOnlyList<ImageInput> ReadPlanes(PlaneTensor tensor, SharedBuffer buffer, out SharedBuffer? numbers)
    {
        // A number and what parts it from the next take two bytes: fewer cannot be as many, whatever the shape claims.
        if (tensor.All > json.Length / 2)
            throw Refused(tensor.Name, tensor.All, "fewer elements than");
        numbers = buffer.RentBeside(tensor.All * sizeof(float));
        using SharedBuffer first = numbers;
        Span<float> planes = MemoryMarshal.Cast<byte, float>(numbers.Bytes.AsSpan(0, (int)tensor.All * sizeof(float)));
        Utf8JsonReader reader = new(json.Span, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
        int read = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
                continue;
            if (read == planes.Length)
                throw Refused(tensor.Name, tensor.All, "more than");
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetSingle(out planes[read]))
            {
                throw new ApiException(ApiCode.InvalidRequest,
                    $"element {read} of input '{tensor.Name}' is a JSON {reader.TokenType}; send numbers", tensor.Name);
            }
            read++;
        }
        return read == planes.Length
            ? tensor.Split(numbers.Bytes.AsMemory(0, read * sizeof(float)), numbers, isHalf: false)
            : throw Refused(tensor.Name, tensor.All, $"{read} elements where there are");
    }

    /// <summary>The image that a string stands for; its refusal where the string is no text.</summary>
    private ImageInput ImageAt(ref Utf8JsonReader reader, string param, SharedBuffer buffer)
    {
        try
        {
            return ImageText.Alone(ImageText.Read(TextAt(ref reader), param, buffer));
        }
        catch (InvalidOperationException)
        {
            // The reader checks text only when it is asked for: bytes that are not UTF-8, or half of a surrogate pair.
            return TextInput.NoText(param);
        }
    }

    /// <summary>What a string says, where it stands: it is never longer than what it is written as.</summary>
    private Memory<byte> TextAt(ref Utf8JsonReader reader)
    {
        Memory<byte> inside = json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        if (!reader.ValueIsEscaped)
            return inside;
        byte[] plain = new byte[reader.ValueSpan.Length];
        int length = reader.CopyString(plain);
        plain.AsMemory(0, length).CopyTo(inside);
        return inside[..length];
    }

    private static ApiException Refused(string name, long count, string what) => new(ApiCode.InvalidRequest,
        $"data of input '{name}' has {what} {count} by its shape; send as many elements as the shape says", name);
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using VitGrid.LoadTest.Images;

namespace VitGrid.LoadTest.Requests;

/// <summary>Makes HTTP requests of planned ones. All but the stamps is made once.</summary>
internal sealed class RequestWriter
{
    private const string Boundary = "vitgrid-loadtest-8f14e45fceea167a";

    private readonly Uri _address;
    private readonly RequestShape _shape;
    private readonly IReadOnlyList<StampedImage> _images;
    private readonly (byte[] Head, byte[] Tail)[] _parts;

    /// <param name="address">Where requests go, without a query.</param>
    /// <param name="shape">What they are made of.</param>
    /// <param name="set">What they send.</param>
    public RequestWriter(Uri address, RequestShape shape, ImageSet set)
    {
        (_address, _shape, _images) = (address, shape, set.Images);
        _parts = [.. _images.Select(Split)];
    }

    /// <summary>The request to send.</summary>
    public HttpRequestMessage Write(PlannedRequest planned) => new(HttpMethod.Post, AddressOf(planned.Lane)) { Content = Body(planned) };

    private PiecedContent Body(PlannedRequest planned) => _shape.Form switch
    {
        RequestForm.Json => new([Json(planned.Lane), .. Join(planned, ","u8.ToArray()), "]}"u8.ToArray()], "application/json"),
        RequestForm.Raw => new([.. Join(planned, default)], _images[planned.Images[0].Image].MediaType),
        _ => new([.. Join(planned, default), Encoding.ASCII.GetBytes($"--{Boundary}--\r\n")], $"multipart/form-data; boundary={Boundary}"),
    };

    private IEnumerable<ReadOnlyMemory<byte>> Join(PlannedRequest planned, byte[]? separator)
    {
        for (int i = 0; i < planned.Images.Count; i++)
        {
            if (i > 0 && separator is not null)
                yield return separator;
            (int image, long number) = planned.Images[i];
            yield return _parts[image].Head;
            if (_images[image].Offset >= 0)
                yield return Encode(_images[image].Stamp(number));
            yield return _parts[image].Tail;
        }
    }

    /// <summary>What stands before and after an image's stamp in a body of this form.</summary>
    private (byte[] Head, byte[] Tail) Split(StampedImage image)
    {
        int before = Math.Max(image.Offset, 0), after = image.Offset < 0 ? 0 : before + StampedImage.StampLength;
        byte[] head = Encode(image.File[..before]), tail = Encode(image.File[after..]);
        return _shape.Form switch
        {
            RequestForm.Json => ([.. Encoding.ASCII.GetBytes($"\"data:{image.MediaType};base64,"), .. head], [.. tail, (byte)'"']),
            RequestForm.Raw => (head, tail),
            _ => ([.. PartHead(image), .. head], [.. tail, .. "\r\n"u8]),
        };
    }

    private static byte[] PartHead(StampedImage image) => Encoding.ASCII.GetBytes(
        $"--{Boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"image\"\r\nContent-Type: {image.MediaType}\r\n\r\n");

    private byte[] Encode(byte[] bytes) => _shape.Form == RequestForm.Json ? Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)) : bytes;

    private byte[] Json(string? lane)
    {
        IEnumerable<string> fields = Fields(lane).Select(
            field => field.IsNumber ? $"\"{field.Name}\":{field.Value}," : $"\"{field.Name}\":{JsonSerializer.Serialize(field.Value)},");
        return Encoding.UTF8.GetBytes($"{{{string.Concat(fields)}\"input\":[");
    }

    private Uri AddressOf(string? lane) => _shape.Form == RequestForm.Json
        ? _address
        : new(_address, "?" + string.Join('&', Fields(lane).Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value)}")));

    private IEnumerable<(string Name, string Value, bool IsNumber)> Fields(string? lane)
    {
        if (_shape.Model is { } model)
            yield return ("model", model, false);
        yield return ("encoding_format", "base64", false);
        if (_shape.Plain)
            yield break;
        if (lane is not null)
            yield return ("priority", lane, false);
        if (_shape.TimeoutMs is { } timeout)
            yield return ("timeout_ms", timeout.ToString(CultureInfo.InvariantCulture), true);
        if (_shape.Cache is { } cache)
            yield return ("cache", cache, false);
    }
}

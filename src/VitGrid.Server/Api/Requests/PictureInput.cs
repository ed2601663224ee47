using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>One picture of a request as it was read: its bytes, or why there are none.</summary>
/// <param name="Param">Where it stood, e.g. <c>input[3]</c>.</param>
/// <param name="Bytes">The encoded picture, in memory of its own: the grid may hold it after the request ended.</param>
/// <param name="Fault">Why it cannot be embedded; null when it may.</param>
internal readonly record struct PictureInput(string Param, ReadOnlyMemory<byte> Bytes, ApiError? Fault)
{
    public static PictureInput Of(string param, ReadOnlyMemory<byte> bytes) => bytes.IsEmpty
        ? Refused(param, ApiCode.ImageDecodeFailed, $"{param} is empty (0 bytes); send the bytes of a picture file")
        : new(param, bytes, null);

    public static PictureInput Refused(string param, string code, string message) => new(param, default, new ApiError(code, message, param));
}

/// <summary>A request as it was read, whatever its content type.</summary>
internal sealed record ParsedRequest(EmbeddingFields Fields, IReadOnlyList<PictureInput> Pictures);

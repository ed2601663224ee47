using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Requests;

/// <summary>One image of a request as it was read: its bytes, where they are, or why there are none.</summary>
/// <param name="Param">Where it stood, e.g. <c>input[3]</c>.</param>
/// <param name="Bytes">The encoded image, in memory that it shares with the request.</param>
/// <param name="Owner">Keeps that memory until it is disposed; null when there are no bytes.</param>
/// <param name="Fault">Why it cannot be embedded; null when it may.</param>
internal readonly record struct ImageInput(string Param, ReadOnlyMemory<byte> Bytes, IDisposable? Owner, ApiError? Fault)
{
    /// <summary>Where the image is to be fetched; null when it came with the request.</summary>
    public string? Url { get; init; }

    /// <summary>Where its JSON string stands in the body, quotes included; empty where it came otherwise.</summary>
    public (int At, int Length) Text { get; init; }

    public static ImageInput From(string param, ReadOnlyMemory<byte> bytes, SharedBuffer buffer) => bytes.IsEmpty
        ? Refused(param, ApiCode.ImageDecodeFailed, $"{param} is empty (0 bytes); send the bytes of an image file")
        : new(param, bytes, buffer.Share(), null);

    public static ImageInput Refused(string param, string code, string message) =>
        new(param, default, null, new ApiError(code, message, param));
}

/// <summary>A request as it was read, whatever its content type; disposed when it was answered.</summary>
/// <param name="Fields">What it says beside its images.</param>
/// <param name="Images">At least one.</param>
/// <param name="Buffer">Where the images lie.</param>
internal sealed record ParsedRequest(EmbeddingFields Fields, IReadOnlyList<ImageInput> Images, SharedBuffer Buffer) : IDisposable
{
    /// <summary>What it says that is not read.</summary>
    public RequestNotes Notes { get; init; } = new();

    /// <inheritdoc/>
    public void Dispose() => Buffer.Forget();
}

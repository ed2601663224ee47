using System.Text.Json.Serialization;

namespace VitGrid.Runtime.Images.Isolation;

/// <summary>What the process says first.</summary>
/// <param name="IsShared">Whether it sees the shared memory.</param>
internal sealed record DecodeHello(bool IsShared);

/// <summary>What a process is asked to decode.</summary>
/// <param name="Id">Random; the reply carries it.</param>
/// <param name="Profile">What the image becomes.</param>
/// <param name="Limits">What it may cost.</param>
/// <param name="PixelBytes">Bytes of the pixels that it becomes, all its tiles together.</param>
/// <param name="FileBytes">Bytes of the image.</param>
/// <param name="IsFileShared">Whether it lies at the front of the shared memory; else it follows the request.</param>
internal sealed record DecodeRequest(
    Guid Id, PreprocessProfile Profile, ImageLimits Limits, int PixelBytes, int FileBytes, bool IsFileShared);

/// <summary>What became of it.</summary>
/// <param name="Id">The request's.</param>
/// <param name="Fault">Why the image was refused; null where there are pixels.</param>
/// <param name="Message">In words.</param>
internal sealed record DecodeReply(Guid Id, ImageFault? Fault = null, string? Message = null);

/// <summary>The messages as JSON. Every property of a profile that decides pixels is in it.</summary>
[JsonSerializable(typeof(DecodeHello))]
[JsonSerializable(typeof(DecodeRequest))]
[JsonSerializable(typeof(DecodeReply))]
[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true)]
internal sealed partial class DecodeJson : JsonSerializerContext;

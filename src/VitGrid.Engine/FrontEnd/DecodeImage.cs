using VitGrid.Runtime.Images;

namespace VitGrid.Engine.FrontEnd;

/// <summary>
/// Decodes an encoded image and writes the profile's pixels, row-major RGB; throws <see cref="ImageException"/> when it is refused.
/// </summary>
public delegate void DecodeImage(ReadOnlyMemory<byte> file, PreprocessProfile profile, Span<byte> pixels);

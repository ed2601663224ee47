using VitGrid.Runtime.Images;

namespace VitGrid.Grains.Decoding;

/// <summary>Decodes an encoded picture and writes the profile's pixels, row-major RGB; throws <see cref="ImageException"/> when it is refused.</summary>
internal delegate void PictureDecoder(ReadOnlyMemory<byte> file, PreprocessProfile profile, Span<byte> pixels);

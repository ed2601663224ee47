namespace VitGrid.Runtime.Images.Gif;

/// <summary>A frame's place on the logical screen, in pixels.</summary>
internal readonly record struct GifRectangle(int Left, int Top, int Width, int Height);

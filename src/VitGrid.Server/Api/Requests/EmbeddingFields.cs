using VitGrid.Engine.Requests;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Api.Requests;

/// <summary>How a vector stands in JSON.</summary>
internal enum EncodingFormat
{
    Float,
    Base64,
}

/// <summary>The numbers a vector is made of.</summary>
internal enum EmbeddingType
{
    Float,
    Float16,
    Int8,
    UInt8,
    Binary,
    UBinary,
}

/// <summary>Everything a request says beside its images, whatever its protocol calls it.</summary>
internal sealed record EmbeddingFields
{
    public string? Model { get; init; }

    public EncodingFormat Encoding { get; init; }

    public int? Dimensions { get; init; }

    public Pooling Pooling { get; init; }

    public int Layer { get; init; } = -1;

    public bool Normalize { get; init; } = true;

    public EmbeddingType Type { get; init; }

    public Lane Lane { get; init; }

    public TimeSpan? Timeout { get; init; }

    public CacheUse Cache { get; init; }

    public string? Preprocess { get; init; }

    /// <summary>EXIF orientation; null takes what is configured.</summary>
    public ExifOrientation? Exif { get; init; }

    public bool Partial { get; init; }
}

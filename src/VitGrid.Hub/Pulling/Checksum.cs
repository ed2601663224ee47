using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace VitGrid.Hub.Pulling;

/// <summary>The checksum by which the hub names a file: SHA-256 of a large one, else git's SHA-1 of a blob.</summary>
internal sealed class Checksum : IDisposable
{
    private readonly IncrementalHash _hash;

    /// <summary>Begins a file.</summary>
    public Checksum(HubFile file)
    {
        _hash = IncrementalHash.CreateHash(file.IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!file.IsLarge)
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Bytes}\0")));
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>The checksum in hex.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}

using VitGrid.Engine.Replica;

namespace VitGrid.Cluster.Contracts;

/// <summary>
/// Gives out the files of a model's tokenizer, pinned to a silo that has them: its key is a <see cref="SegmentGrainKey"/>, of which the
/// model and the silo count. For front ends, which have no model's files and tokenize all the same: what is cached, counted and sent on is
/// ids.
/// </summary>
[Alias("vitgrid.tokenizer")]
internal interface ITokenizerGrain : IGrainWithStringKey
{
    /// <summary>What there is to read, and how it is opened.</summary>
    /// <exception cref="ReplicaLostException">The silo does not have the model.</exception>
    [Alias("describe")]
    Task<TokenizerForm> DescribeAsync();

    /// <summary>A piece of one of the files.</summary>
    [Alias("read")]
    Task<byte[]> ReadAsync(string file, long offset, int count);
}

/// <summary>A tokenizer's files and the options it is opened with.</summary>
/// <param name="Files">The files that there are.</param>
/// <param name="Context">Positions, where they are not to be read from the files; null: they are.</param>
/// <param name="LowerCase">Whether Gemma's lower-cases; null: as the files say.</param>
/// <param name="OpenClip">Whether texts are cleaned as OpenCLIP does.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.tokenizer-form")]
internal sealed record TokenizerForm(
    [property: Id(0)] ImmutableArray<TokenizerFile> Files, [property: Id(1)] int? Context, [property: Id(2)] bool? LowerCase,
    [property: Id(3)] bool OpenClip);

/// <summary>One of a tokenizer's files.</summary>
/// <param name="Name">Its name within the folder.</param>
/// <param name="Length">Its bytes.</param>
[GenerateSerializer, Immutable, Alias("vitgrid.tokenizer-file")]
internal sealed record TokenizerFile([property: Id(0)] string Name, [property: Id(1)] long Length);

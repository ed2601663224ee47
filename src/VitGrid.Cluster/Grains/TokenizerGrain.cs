using VitGrid.Cluster.Contracts;
using VitGrid.Cluster.Segments;
using VitGrid.Engine.Replica;
using VitGrid.Text;
using VitGrid.Text.Reading;

namespace VitGrid.Cluster.Grains;

/// <summary>Reads the tokenizer's files of one model where its weights are.</summary>
[PinnedPlacement]
internal sealed class TokenizerGrain(ModelLibrary library) : Grain, ITokenizerGrain
{
    private const int MaxPiece = 1 << 20;

    private string Model => SegmentGrainKey.Parse(this.GetPrimaryKeyString()).Stage.Replica.Model;

    public Task<TokenizerForm> DescribeAsync()
    {
        (OpenedModel model, TokenizerOptions options) = Find();
        return Task.FromResult(new TokenizerForm(
            [
                .. TokenizerReader.FileNames
                    .Select(name => new FileInfo(Path.Combine(model.Checkpoint.Directory, name)))
                    .Where(file => file.Exists)
                    .Select(file => new TokenizerFile(file.Name, LengthOf(file))),
            ],
            options.ContextLength, options.LowerCase, options.OpenClip ?? false));
    }

    public async Task<byte[]> ReadAsync(string file, long offset, int count)
    {
        // Nothing but these files is given out, whatever a caller names.
        if (!TokenizerReader.FileNames.Contains(file) || count is < 1 or > MaxPiece)
            throw new ArgumentException($"'{file}' is no tokenizer's file, or {count} bytes are none to ask for", nameof(file));
        string path = Path.Combine(Find().Model.Checkpoint.Directory, file);
        await using FileStream source = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
        source.Position = offset;
        byte[] piece = new byte[Math.Min(count, Math.Max(0, source.Length - offset))];
        await source.ReadExactlyAsync(piece);
        return piece;
    }

    /// <summary>A hub's cache holds links.</summary>
    private static long LengthOf(FileInfo file) => file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target
        ? target.Length : file.Length;

    private (OpenedModel Model, TokenizerOptions Options) Find() => library.Find(Model) is { TokenizerOptions: { } options } model
        ? (model, options)
        : throw new ReplicaLostException($"the tokenizer of model '{Model}' is not in this process");
}

using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Text;
using VitGrid.Text.Reading;
using VitGrid.Transport;

namespace VitGrid.Cluster.Tables;

/// <summary>
/// Brings the tokenizer of a model whose files are on workers alone: from one that the table names, a piece after another, into a folder
/// that goes again as soon as the tokenizer is open.
/// </summary>
internal sealed class TokenizerFetch(TableStore table, IGrainFactory grains)
{
    private const int Piece = 1 << 20;
    private const long MaxFile = 128 << 20;

    /// <summary>Fetches and opens it.</summary>
    /// <exception cref="GridException">No worker gives it out now.</exception>
    public async Task<ITextTokenizer> FetchAsync(ModelInfo tower)
    {
        Exception? last = null;
        foreach (SegmentGrainKey key in KeysOf(tower.Name))
        {
            try
            {
                return await FetchAsync(grains.GetGrain<ITokenizerGrain>(key.ToString()));
            }
            catch (Exception exception) when (exception is ReplicaLostException or OrleansException or TimeoutException
                or IOException or TokenizerException)
            {
                last = exception;
            }
        }
        throw new GridException(
            GridFault.ModelLoading,
            $"the tokenizer of model '{tower.ServedName}' could not be fetched from a worker"
                + $"{(last is null ? ", for none serves it now" : $": {last.Message}")}; retry in a few seconds",
            last);
    }

    /// <summary>The workers that hold the first segment of a replica of the tower: they have its folder.</summary>
    private SegmentGrainKey[] KeysOf(string tower) =>
    [
        .. (table.Current.Find(tower)?.Replicas ?? [])
            .OrderByDescending(replica => replica.State == ReplicaState.Serving)
            .Select(replica => replica.Layout.Head.Node)
            .Distinct()
            .Select(node => new SegmentGrainKey(new(new(tower, 0, 0), 0), SiloAddress.FromParsableString(node))),
    ];

    private static async Task<ITextTokenizer> FetchAsync(ITokenizerGrain source)
    {
        TokenizerForm form = await source.DescribeAsync();
        string folder = Directory.CreateTempSubdirectory("vitgrid-tokenizer-").FullName;
        try
        {
            foreach (TokenizerFile file in form.Files)
                await CopyAsync(source, file, folder);
            return TokenizerReader.Open(folder, new()
            {
                ContextLength = form.Context,
                LowerCase = form.LowerCase,
                OpenClip = form.OpenClip,
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CopyAsync(ITokenizerGrain source, TokenizerFile file, string folder)
    {
        if (!TokenizerReader.FileNames.Contains(file.Name) || file.Length > MaxFile)
            throw new ReplicaLostException($"a worker offers '{PeerText.Escape(file.Name)}' of {file.Length} bytes as a tokenizer's file");
        await using FileStream target = File.Create(Path.Combine(folder, file.Name));
        while (target.Position < file.Length)
        {
            byte[] piece = await source.ReadAsync(file.Name, target.Position, (int)Math.Min(Piece, file.Length - target.Position));
            if (piece.Length == 0)
                throw new ReplicaLostException($"a worker's '{file.Name}' has become shorter than {file.Length} bytes");
            await target.WriteAsync(piece);
        }
    }
}

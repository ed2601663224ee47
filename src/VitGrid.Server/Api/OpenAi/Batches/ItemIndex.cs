using System.Globalization;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Jobs;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>What became of a batch's items: where each one's vector or dead letter stands on disk, eight bytes an item.</summary>
internal sealed class ItemIndex : IDisposable
{
    /// <summary>The code of an item that was cancelled.</summary>
    public const string GivenUp = "batch_cancelled";

    private const string Letters = "dead.jsonl";

    private static readonly ApiError NotRun = new(GivenUp, "the batch was cancelled before this line was run");

    private readonly (long At, int Length)[] _vectors;
    private readonly Dictionary<int, long> _letters = [];
    private SafeFileHandle? _vectorFile;
    private FileStream? _letterFile;

    private ItemIndex(int items) => _vectors = new (long, int)[items];

    public static async Task<ItemIndex> OpenAsync(
        IndexJobService service, string folder, BatchRecord batch, CancellationToken cancellationToken)
    {
        ItemIndex index = new(batch.Items);
        try
        {
            index.ReadVectors(Path.Combine(folder, BatchResults.Vectors), cancellationToken);
            await index.ReadLettersAsync(service, batch.Id, Path.Combine(folder, Letters), cancellationToken);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>A vector, or why there is none.</summary>
    public ImageOutcome Outcome(int item, int tokens)
    {
        if (_vectors[item] is { Length: > 0 } place)
            return new(new(Vector(place), false, tokens, default), null);
        return new(null, _letters.TryGetValue(item, out long at) ? Letter(at) : NotRun);
    }

    public void Dispose()
    {
        _vectorFile?.Dispose();
        _letterFile?.Dispose();
    }

    private void ReadVectors(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return;
        _vectorFile = File.OpenHandle(path);
        foreach (ScannedLine line in LineScan.Read(_vectorFile))
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] head = new byte[Math.Min(line.Length, 64)];
            LineScan.Fill(_vectorFile, line.Offset, head);
            Utf8JsonReader json = new(head, isFinalBlock: false, default);
            while (json.Read() && json.TokenType != JsonTokenType.String)
            {
                // The id is the first text.
            }
            _vectors[Number(json.GetString())] = (line.Offset, (int)line.Length);
        }
    }

    private async Task ReadLettersAsync(IndexJobService service, string job, string path, CancellationToken cancellationToken)
    {
        _letterFile = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 16, FileOptions.DeleteOnClose);
        await foreach (DeadLetter letter in service.DeadAsync(job).WithCancellation(cancellationToken))
        {
            _letters[Number(letter.Id)] = _letterFile.Position;
            byte[] line = JsonSerializer.SerializeToUtf8Bytes(
                new BatchError(ErrorTable.OfDeadLetter(letter.Code), letter.Message, null, null), BatchJson.Default.BatchError);
            _letterFile.Write(BitConverter.GetBytes(line.Length));
            _letterFile.Write(line);
        }
        _letterFile.Flush();
    }

    private float[] Vector((long At, int Length) place)
    {
        byte[] line = new byte[place.Length];
        LineScan.Fill(_vectorFile!, place.At, line);
        using JsonDocument json = JsonDocument.Parse(line);
        return [.. json.RootElement.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle())];
    }

    private ApiError Letter(long at)
    {
        byte[] length = new byte[sizeof(int)];
        LineScan.Fill(_letterFile!.SafeFileHandle, at, length);
        byte[] line = new byte[BitConverter.ToInt32(length)];
        LineScan.Fill(_letterFile.SafeFileHandle, at + sizeof(int), line);
        BatchError error = JsonSerializer.Deserialize(line, BatchJson.Default.BatchError)!;
        return new(error.Code, error.Message);
    }

    private int Number(string? id) =>
        int.TryParse(id, CultureInfo.InvariantCulture, out int number) && number >= 0 && number < _vectors.Length
        ? number
        : throw new InvalidDataException($"the results hold an item '{id}' that the batch has not; somebody else writes to its job");
}

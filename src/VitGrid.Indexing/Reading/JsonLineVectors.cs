using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace VitGrid.Indexing.Reading;

/// <summary>
/// A line a row: <c>{"id","model","dimensions","embedding"}</c> of the sink, or with <c>file</c> of <c>vitgrid embed</c>; lines without
/// an embedding are those of images that failed, and are passed over.
/// </summary>
internal static class JsonLineVectors
{
    /// <summary>More than a vector of a million numbers takes.</summary>
    private const int MaxLineBytes = 1 << 24;

    /// <summary>Reads what the first line with a vector says.</summary>
    /// <exception cref="InvalidDataException">A line is none of these.</exception>
    public static async Task<IndexFacts> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        await foreach (VectorLine line in LinesAsync(path, cancellationToken))
            return new() { Model = line.Model, Dimensions = line.Numbers.Count };
        return new();
    }

    /// <summary>Reads the rows.</summary>
    /// <exception cref="InvalidDataException">A line is none of these, or has another number of dimensions than the first.</exception>
    public static async IAsyncEnumerable<VectorBlock> ReadAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<string> ids = [];
        List<float> numbers = [];
        int? dimensions = null;
        await foreach (VectorLine line in LinesAsync(path, cancellationToken))
        {
            dimensions ??= line.Numbers.Count;
            if (line.Numbers.Count != dimensions)
                throw new InvalidDataException($"{path}: '{line.Id}' has {line.Numbers.Count} numbers, the rows before it {dimensions}");
            ids.Add(line.Id);
            numbers.AddRange(line.Numbers);
            if (numbers.Count < VectorBlock.MaxNumbers)
                continue;
            yield return new([.. ids], numbers.ToArray());
            ids.Clear();
            numbers.Clear();
        }
        if (ids.Count > 0)
            yield return new(ids, numbers.ToArray());
    }

    /// <summary>The lines that hold a vector; one is valid until the next is asked for.</summary>
    private static async IAsyncEnumerable<VectorLine> LinesAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using FileStream file = VectorFiles.Open(path);
        PipeReader reader = PipeReader.Create(file, new(bufferSize: 1 << 16, leaveOpen: true));
        List<float> numbers = [];
        for (long number = 1; ;)
        {
            ReadResult read = await reader.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (TryTakeLine(ref rest, read.IsCompleted, out ReadOnlySequence<byte> line))
            {
                if (VectorLine.Read(line, numbers, $"{path}: line {number}") is { } row)
                    yield return row;
                number++;
            }
            if (rest.Length > MaxLineBytes)
                throw new InvalidDataException($"{path}: line {number} has more than {MaxLineBytes} bytes; this is no file of vectors");
            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
                yield break;
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }
        line = rest;
        if (!isLast || rest.IsEmpty)
            return false;
        rest = rest.Slice(rest.End);
        return true;
    }
}

/// <summary>A line with a vector.</summary>
/// <param name="Id">Its id, or its file.</param>
/// <param name="Model">The model's name; null where it says none.</param>
/// <param name="Numbers">The vector.</param>
internal readonly record struct VectorLine(string Id, string? Model, List<float> Numbers)
{
    /// <summary>Reads a line into <paramref name="numbers"/>; null: it is blank, or holds no vector.</summary>
    /// <exception cref="InvalidDataException">It is no such line.</exception>
    public static VectorLine? Read(ReadOnlySequence<byte> line, List<float> numbers, string place)
    {
        numbers.Clear();
        if (line.Length <= 1 && line.FirstSpan is [] or [(byte)'\r'])
            return null;
        try
        {
            return Read(new Utf8JsonReader(line), numbers, place);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{place} is not as vitgrid writes vectors: {exception.Message}", exception);
        }
    }

    /// <summary>The id of a row; null where it has none.</summary>
    public static string? IdOf(JsonElement row) =>
        (row.TryGetProperty("id", out JsonElement id) || row.TryGetProperty("file", out id)) && id.ValueKind == JsonValueKind.String
            ? id.GetString() : null;

    private static VectorLine? Read(Utf8JsonReader json, List<float> numbers, string place)
    {
        string? id = null, model = null;
        bool hasVector = false;
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw new JsonException($"it is a {json.TokenType}, not an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("embedding"u8))
                hasVector = ReadNumbers(ref json, numbers);
            else if (json.ValueTextEquals("id"u8) || json.ValueTextEquals("file"u8))
                id = ReadText(ref json);
            else if (json.ValueTextEquals("model"u8))
                model = ReadText(ref json);
            else
                json.Skip();
        }
        if (!hasVector)
            return null;
        return new(id ?? throw new InvalidDataException($"{place} has a vector and neither id nor file"), model, numbers);
    }

    private static string? ReadText(ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetString();
    }

    private static bool ReadNumbers(ref Utf8JsonReader json, List<float> numbers)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            throw new JsonException($"embedding is a {json.TokenType}, not an array of numbers");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            numbers.Add(json.GetSingle());
        return true;
    }
}

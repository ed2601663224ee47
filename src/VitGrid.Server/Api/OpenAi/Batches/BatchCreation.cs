using System.Text.Json;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Batches;
using VitGrid.Indexing.Spool;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Requests;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>Reads the body of <c>POST /v1/batches</c>.</summary>
internal sealed class BatchCreation(SpoolFolder spool, QueueGateway queue, BodyReader bodies, TimeProvider time)
{
    private const int MaxPairs = 16;
    private const int MaxBody = 65_536;

    /// <exception cref="ApiException">A field is wrong, or the file is not there.</exception>
    public async Task<BatchRecord> ReadAsync(HttpRequest request)
    {
        using JsonDocument json = await ParseAsync(request);
        JsonElement body = json.RootElement;
        RefuseUnread(request.Query, body);
        string file = Text(body, "input_file_id")
            ?? throw Invalid("input_file_id is missing; upload the lines with POST /v1/files first", "input_file_id");
        if (Text(body, "endpoint") is var endpoint && endpoint != OpenAiPaths.Embeddings)
            throw Invalid($"endpoint is '{Quote.Short(endpoint)}'; it takes {OpenAiPaths.Embeddings}", "endpoint");
        if (Text(body, "completion_window") is var window && window != "24h")
            throw Invalid($"completion_window is '{Quote.Short(window)}'; it takes 24h", "completion_window");
        if (FilesEndpoint.Find(spool, queue, file, request.HttpContext.Viewer()).Purpose is var purpose && purpose != "batch")
            throw Invalid($"file '{file}' has the purpose {purpose}; a batch takes one that was uploaded with purpose=batch",
                "input_file_id");
        return new()
        {
            Id = BatchRecord.NewId(),
            Status = BatchRecord.Validating,
            InputFile = file,
            OutputFile = SpoolFolder.NewId(),
            ErrorFile = SpoolFolder.NewId(),
            CompletionWindow = window!,
            OutputSeconds = OutputSeconds(body),
            Metadata = Metadata(body),
            Created = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Owner = request.HttpContext.Caller().Tenant,
            ImagesPerDay = request.HttpContext.Caller().Limits.ImagesPerDay,
        };
    }

    private async Task<JsonDocument> ParseAsync(HttpRequest request)
    {
        byte[] text = await TextAsync(request);
        try
        {
            JsonDocument json = JsonDocument.Parse(text);
            ReadTexts(json.RootElement);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json : throw Invalid("the body is no JSON object", null);
        }
        catch (InvalidOperationException)
        {
            throw Invalid("a text of the body holds half of a surrogate pair (such as \\ud83d alone); write the whole character, or UTF-8",
                null);
        }
        catch (JsonException)
        {
            throw JsonBody.TooDeep(text, "the body") ?? Invalid(
                "the body is not valid JSON; send {\"input_file_id\",\"endpoint\",\"completion_window\"}", null);
        }
    }

    /// <summary>A wish that is not read would not be noticed before the batch is done.</summary>
    private async Task<byte[]> TextAsync(HttpRequest request)
    {
        try
        {
            using RequestBody body = await bodies.ReadAsync(request, BodyTypes.Json, MaxBody, request.HttpContext.RequestAborted);
            return body.Bytes.ToArray();
        }
        catch (ApiException exception) when (exception.Error.Code == ApiCode.PayloadTooLarge)
        {
            throw new ApiException(ApiCode.PayloadTooLarge,
                $"the body has more than {MaxBody:N0} bytes; the lines go into a file (POST /v1/files)");
        }
    }

    private static void RefuseUnread(IQueryCollection query, JsonElement body)
    {
        if (query.Keys.FirstOrDefault(name => name != "api-version") is { } beside)
            throw Invalid($"'{Quote.Short(beside)}' stands in the query, where nothing is read; send it in the body", beside);
        HashSet<string> seen = [];
        foreach (string name in NamesOf(body))
        {
            if (name is not ("input_file_id" or "endpoint" or "completion_window" or "metadata" or "output_expires_after"))
                throw Invalid(
                    $"'{Quote.Short(name)}' is no field of a batch; what is to be computed stands in the file's lines: leave it out", name);
            if (!seen.Add(name))
                throw Invalid($"{name} stands in the body twice; send it once", name);
        }
    }

    private static string[] NamesOf(JsonElement body)
    {
        try
        {
            return [.. body.EnumerateObject().Select(property => property.Name)];
        }
        catch (InvalidOperationException)
        {
            throw Invalid("the body holds a name that is not valid UTF-8 text; encode the body as UTF-8", null);
        }
    }

    /// <summary>JSON may write half of a character, of which no text can be made.</summary>
    /// <exception cref="InvalidOperationException">A text or name does.</exception>
    private static void ReadTexts(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
            _ = element.GetString();
        foreach (JsonElement item in element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [])
            ReadTexts(item);
        foreach (JsonProperty pair in element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : [])
        {
            _ = pair.Name;
            ReadTexts(pair.Value);
        }
    }

    private static int? OutputSeconds(JsonElement body)
    {
        const string Name = "output_expires_after";
        if (!body.TryGetProperty(Name, out JsonElement after) || after.ValueKind == JsonValueKind.Null)
            return null;
        if (after.ValueKind != JsonValueKind.Object)
            throw Invalid($"{Name} is no object; it takes {{\"anchor\":\"created_at\",\"seconds\":86400}}", Name);
        string? seconds = after.TryGetProperty("seconds", out JsonElement value) ? value.ToString() : null;
        return FileExpiry.Seconds(Name, Text(after, "anchor") ?? "", seconds);
    }

    private static string Metadata(JsonElement body)
    {
        if (!body.TryGetProperty("metadata", out JsonElement metadata) || metadata.ValueKind == JsonValueKind.Null)
            return "{}";
        bool good = metadata.ValueKind == JsonValueKind.Object && metadata.EnumerateObject().Count() <= MaxPairs
            && metadata.EnumerateObject().All(
                pair => pair.Name.Length <= 64 && pair.Value.ValueKind == JsonValueKind.String && pair.Value.GetString()!.Length <= 512);
        return good ? metadata.GetRawText() : throw Invalid(
            $"metadata takes an object of at most {MaxPairs} texts, names of 64 letters, values of 512", "metadata");
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static ApiException Invalid(string message, string? param) => new(ApiCode.InvalidRequest, message, param);
}

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using VitGrid.Client;
using VitGrid.Engine.Errors;
using VitGrid.Indexing.Spool;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.OpenAi.Answers;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>A file of results while it is written; without lines there is none.</summary>
internal sealed class ResultFile : IAsyncDisposable
{
    private readonly SpoolFolder _spool;
    private readonly string _id;
    private readonly string _name;
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _line = new(1 << 14);
    private readonly Utf8JsonWriter _json;

    public ResultFile(SpoolFolder spool, string id, string name)
    {
        (_spool, _id, _name, _file) = (spool, id, name, spool.Begin(id));
        _json = new(_line, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>A line that was answered, under the request id that logs and dead letters know it by.</summary>
    public void Answered(BatchLine line, string requestId, EmbeddingsResponse answer) =>
        Write(line, () => Respond(200, requestId, () => JsonSerializer.Serialize(_json, answer, AnswerJson.Client.EmbeddingsResponse)));

    /// <summary>A line that failed as it would have over HTTP.</summary>
    public void Failed(BatchLine line, string requestId, ApiError error) =>
        Write(line, () => Respond(
            ErrorTable.Row(error.Code).Status, requestId, () => JsonSerializer.Serialize(
                _json, new ErrorResponse(ErrorBodies.From(error)), AnswerJson.Client.ErrorResponse)));

    /// <summary>A line that was never a request, or not run.</summary>
    public void Refused(BatchLine line, ApiError error) => Write(line, () =>
    {
        _json.WriteNull("response");
        _json.WriteStartObject("error");
        _json.WriteString("code", error.Code);
        _json.WriteString("message", error.Message);
        _json.WriteNumber("line", line.Number);
        _json.WriteEndObject();
    });

    /// <summary>Makes it visible.</summary>
    /// <param name="now">The time.</param>
    /// <param name="seconds">How long it stays; null: until it is deleted.</param>
    /// <param name="owner">Whose batch it is a result of; empty: nobody's in particular.</param>
    public async Task PublishAsync(DateTimeOffset now, int? seconds, string owner)
    {
        long created = now.ToUnixTimeMilliseconds();
        if (_file.Length > 0)
            await _spool.PublishAsync(_file, new(_id, _name, "batch_output", 0, created, created + (seconds * 1000L), owner));
    }

    public async ValueTask DisposeAsync()
    {
        await _json.DisposeAsync();
        await _file.DisposeAsync();
        File.Delete(_file.Name);
    }

    private void Respond(int status, string requestId, Action body)
    {
        _json.WriteStartObject("response");
        _json.WriteNumber("status_code", status);
        _json.WriteString("request_id", requestId);
        _json.WritePropertyName("body");
        body();
        _json.WriteEndObject();
        _json.WriteNull("error");
    }

    private void Write(BatchLine line, Action rest)
    {
        _json.WriteStartObject();
        _json.WriteString("id", $"batch_req_{Guid.NewGuid():N}");
        _json.WriteString("custom_id", line.CustomId);
        rest();
        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        _file.Write(_line.WrittenSpan);
        _line.ResetWrittenCount();
        _json.Reset();
    }
}

using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Protocols;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Tests.Protocols.Plain;

/// <summary><c>{"files":["base64",…],"unit":true,"fresh":false}</c> in; a line of numbers, or a fault, for each file out.</summary>
internal sealed class PlainCodec(BodyReader bodies) : EmbeddingCodec
{
    public override Task<ParsedRequest> ReadAsync(
        HttpRequest request, Action<EmbeddingFields> admit, CancellationToken cancellationToken) =>
        bodies.ReadAsync(request, BodyTypes.Json, body => Parse(request, body, admit), cancellationToken);

    public override Task WriteAsync(HttpContext context, EmbeddingAnswer answer)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(
            string.Join('\n', answer.Outcomes.Select(outcome => Line(outcome, answer.Fields))), context.RequestAborted);
    }

    private static ParsedRequest Parse(HttpRequest request, RequestBody body, Action<EmbeddingFields> admit)
    {
        try
        {
            using JsonDocument json = JsonBody.Parse(body.Bytes, "the body", 256);
            JsonElement root = json.RootElement;
            EmbeddingFields fields = new()
            {
                Model = (string?)request.RouteValues["model"],
                Normalize = root.TryGetProperty("unit", out JsonElement unit) && unit.GetBoolean(),
                Cache = root.TryGetProperty("fresh", out JsonElement fresh) && fresh.GetBoolean() ? CacheUse.Bypass : CacheUse.Use,
                Partial = true,
            };
            admit(fields);
            return new(fields, [.. root.GetProperty("files").EnumerateArray().Select(
                (file, i) => ImageInput.From($"files[{i}]", file.GetBytesFromBase64(), body.Buffer))], body.Buffer);
        }
        catch (Exception exception)
            when (exception is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ApiException(ApiCode.InvalidRequest, $"the body is not {{\"files\":[\"base64\"]}}: {exception.Message}");
        }
    }

    private static string Line(ImageOutcome outcome, EmbeddingFields fields) => outcome.Result is not { } result
        ? $"{outcome.Error!.Code} at {outcome.Error.Param}"
        : string.Join(' ', (fields.Normalize ? VectorEncoding.Normalize(result.Vector.Span) : result.Vector.ToArray())
            .Select(value => value.ToString(CultureInfo.InvariantCulture)));
}

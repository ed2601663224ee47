using System.Text.Encodings.Web;
using System.Text.Json;
using VitGrid.Client;

namespace VitGrid.Server.Api;

/// <summary>Both JSON contexts with quotes and letters beyond ASCII written as they are: answers are JSON, never part of a page.</summary>
internal static class AnswerJson
{
    public static VitGridJson Client { get; } = new(Readable(VitGridJson.Default.Options));

    public static ServerJson Server { get; } = new(Readable(ServerJson.Default.Options));

    private static JsonSerializerOptions Readable(JsonSerializerOptions options) =>
        new(options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

using System.Text.Encodings.Web;
using System.Text.Json;
using VitGrid.Client;

namespace VitGrid.Server.Api.OpenAi.Answers;

/// <summary>The client's JSON context with quotes and letters beyond ASCII as they are: answers are JSON, never part of a page.</summary>
internal static class AnswerJson
{
    public static VitGridJson Client { get; } = new(
        new JsonSerializerOptions(VitGridJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

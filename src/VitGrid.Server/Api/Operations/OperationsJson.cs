using System.Text.Encodings.Web;
using System.Text.Json;

namespace VitGrid.Server.Api.Operations;

/// <summary>The operators' JSON context with quotes and letters beyond ASCII as they are: answers are JSON, never part of a page.</summary>
internal static class OperationsJson
{
    public static ServerJson Readable { get; } = new(
        new JsonSerializerOptions(ServerJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

using System.Text.Json;
using VitGrid.LoadTest.Processes;

namespace VitGrid.LoadTest.Sick;

/// <summary>A worker's device as its <c>/info</c> tells of it.</summary>
/// <param name="State">How it does.</param>
/// <param name="Since">Since when it does not well.</param>
/// <param name="Reason">Why.</param>
/// <param name="Segments">Numbers of the segments that are ready there.</param>
internal sealed record DeviceView(string State, DateTimeOffset? Since, string? Reason, IReadOnlyList<int> Segments)
{
    /// <summary>Asks; null while the process does not answer.</summary>
    public static async Task<DeviceView?> AskAsync(HttpClient http, ServerProcess worker, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument info = JsonDocument.Parse(await http.GetStringAsync(new Uri(worker.Address, "/info"), cancellationToken));
            return From(info.RootElement);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static DeviceView From(JsonElement info)
    {
        JsonElement device = info.GetProperty("device_facts")[0];
        int[] segments = info.TryGetProperty("segments", out JsonElement held)
            ? [.. held.EnumerateArray().Where(segment => segment.GetProperty("state").GetString() == "ready")
                .Select(segment => segment.GetProperty("segment").GetInt32())]
            : [];
        return new(
            device.GetProperty("state").GetString()!,
            device.TryGetProperty("since", out JsonElement since) ? since.GetDateTimeOffset() : null,
            device.TryGetProperty("reason", out JsonElement reason) ? reason.GetString() : null,
            segments);
    }
}

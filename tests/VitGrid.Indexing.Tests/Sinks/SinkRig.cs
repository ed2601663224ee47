using System.Text.Json;
using VitGrid.Indexing.Sinks;
using VitGrid.Indexing.Targets;

namespace VitGrid.Indexing.Tests.Sinks;

/// <summary>A folder of the test's own, and sinks in it.</summary>
internal sealed class SinkRig : IDisposable
{
    public static readonly SinkSchema Schema = new("nano", "f00d", "fp32", "crop", 4, "cls", Normalized: true, Dimensions: 2);

    public static readonly SinkSummary Summary = new(
        "job", Done: 0, Dead: 0, Cancelled: 0, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    public string Root { get; } = Directory.CreateTempSubdirectory("vitgrid-sinks-").FullName;

    public string At(params string[] parts) => Path.Combine([Root, .. parts]);

    public string[] Remaining() =>
    [
        .. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Root, path)).Order(
            StringComparer.Ordinal),
    ];

    /// <summary>An open sink of job <c>job</c>; <paramref name="spec"/> is e.g. <c>npy:out</c>, below the rig's folder.</summary>
    public async Task<IVectorSink> OpenAsync(string spec, string job = "job", SinkSchema? schema = null)
    {
        IVectorSink sink = Spec(spec).Create(job);
        await sink.OpenAsync(schema ?? Schema, default);
        return sink;
    }

    public SinkSpec Spec(string spec) => SinkSpec.Parse(spec.Insert(spec.IndexOf(':', StringComparison.Ordinal) + 1, Root + "/"));

    public static SinkRow Row(string id) => new(id, new float[] { id.Length, -0.5f });

    public static SinkRow[] Rows(params string[] ids) => Array.ConvertAll(ids, Row);

    public static async Task WriteAsync(IVectorSink sink, string part, params string[] ids)
    {
        await sink.PrepareAsync(part, Rows(ids), default);
        await sink.CommitAsync(part, Rows(ids), default);
    }

    /// <summary>The ids of JSON lines.</summary>
    public static string[] Ids(string file) =>
        [.. File.ReadLines(file).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!)];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

using System.Text.Json;
using System.Text.Json.Serialization;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;
using VitGrid.Indexing.Queue;
using VitGrid.Indexing.Submission;
using VitGrid.Indexing.Targets;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;
using VitGrid.Server.Api.Requests;

namespace VitGrid.Server.Api.Pages;

/// <summary>What a page starts a job with.</summary>
/// <param name="Source">Full path of a folder, an image, an archive or a list.</param>
/// <param name="Model">A served model.</param>
/// <param name="Sink">Where vectors go, as <c>index submit --sink</c> takes it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record JobStart(string? Source, string? Model, string? Sink)
{
    private const int MaxBody = 65_536;

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="ApiException">It is none of a job.</exception>
    public static async Task<JobStart> ReadAsync(HttpRequest request, BodyReader bodies)
    {
        using RequestBody body = await bodies.ReadAsync(request, BodyTypes.Json, MaxBody, request.HttpContext.RequestAborted);
        try
        {
            return JsonSerializer.Deserialize(body.Bytes.Span, PageJson.Default.JobStart) ?? throw new JsonException("it is null");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ApiException(ApiCode.InvalidRequest,
                $"the body is no start of a job ({exception.Message}); send {{\"source\",\"model\",\"sink\"}}");
        }
    }

    /// <summary>What the job's vectors are to be, where the caller may have it computed.</summary>
    /// <exception cref="ApiException">The caller may not, or something is not taken.</exception>
    public JobSettings Check(string job, Caller caller, SubmissionRules rules, GridGateway grid)
    {
        if (!IndexKeys.IsName(job) || IndexKeys.IsBatch(job))
            throw Invalid($"'{Quote.Short(job)}' is no job id; allowed are 1 to 64 letters, digits, '.', '_' and '-', the first a letter "
                + "or digit, and no id of a batch", "job");
        CallerChecks.DemandLane(caller, Lane.Bulk);
        CallerChecks.DemandModel(caller, Model);
        // How many images a source holds nobody knows before it was read; a batch is counted.
        if (caller.Limits.ImagesPerDay > 0)
            throw Invalid($"'{caller.Name}' has a limit of images a day, and a job of a folder is not counted beforehand; use "
                + "POST /v1/batches, which is", null);
        if (rules.ObjectionToSource(Source ?? "") is { } source)
            throw Invalid(source, "source");
        if (rules.ObjectionToSink(Sink ?? "") is { } sink)
            throw Invalid(sink, "sink");
        SinkSpec spec = SinkSpec.Parse(Sink!);
        return new(grid.Find(Model).Name, spec.Text)
        {
            Owner = caller.Tenant,
            Metadata = spec.KeepsMetadata && SourceReader.IsArchive(Source!),
        };
    }

    private static ApiException Invalid(string message, string? param) => new(ApiCode.InvalidRequest, message, param);
}

/// <summary>Where a job that a page starts may read and write.</summary>
internal sealed record JobPlaces(IReadOnlyList<string> Roots, IReadOnlyList<string> SinkRoots);

using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using VitGrid.Client;
using VitGrid.Engine.Errors;

namespace VitGrid.Server.Api.OpenAi.Documents;

/// <summary>Every status of the error table stands in the document, with the codes it may carry.</summary>
internal static class ErrorResponses
{
    private static readonly string[] Everywhere = [
        ApiCode.HostNotAllowed, ApiCode.OriginNotAllowed, ApiCode.InternalError];

    private static readonly string[] Access = [ApiCode.InvalidApiKey, ApiCode.ScopeMissing, ApiCode.RateLimited, ApiCode.KeysUnavailable];

    private static readonly string[] LookUp = [ApiCode.ModelNotFound, ApiCode.ModelForbidden, .. Everywhere, .. Access];

    private static readonly string[] BatchOnly = [
        ApiCode.Conflict, ApiCode.IndexingOff, ApiCode.QueueUnavailable, ApiCode.InsufficientStorage];

    private static readonly string[] Batch = [
        ApiCode.InvalidRequest, ApiCode.PayloadTooLarge, ApiCode.BodyTimeout, ApiCode.NotFound, ApiCode.ModelForbidden,
        ApiCode.LaneForbidden, .. Everywhere, .. BatchOnly, .. Access];

    public static async Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        IEnumerable<ErrorRow> rows = context.Description.RelativePath switch
        {
            "v1/embeddings" or "v1/features" or "v1/similarity" or "v1/classify" or "embeddings" or "images/embeddings" =>
                ErrorTable.Rows.Where(
                row => row.Code is not (ApiCode.NotFound or ApiCode.MethodNotAllowed) && !BatchOnly.Contains(row.Code)),
            "v1/models/{id}" => ErrorTable.Rows.Where(row => LookUp.Contains(row.Code)),
            { } path when path.StartsWith("v1/files", StringComparison.Ordinal) || path.StartsWith("v1/batches", StringComparison.Ordinal)
                => ErrorTable.Rows.Where(row => Batch.Contains(row.Code)),
            _ => ErrorTable.Rows.Where(row => Everywhere.Contains(row.Code)),
        };
        OpenApiDocument document = context.Document!;
        document.AddComponent(nameof(ErrorResponse), await context.GetOrCreateSchemaAsync(
            typeof(ErrorResponse), cancellationToken: cancellation));
        OpenApiSchemaReference schema = new(nameof(ErrorResponse), document);
        operation.Responses ??= [];
        foreach (IGrouping<int, ErrorRow> status in rows.GroupBy(row => row.Status))
        {
            operation.Responses.TryAdd(status.Key.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
            {
                Description = string.Join(", ", status.Select(row => row.Code)),
                Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema } },
            });
        }
    }
}

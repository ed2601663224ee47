using Microsoft.AspNetCore.Http.HttpResults;
using VitGrid.Access.Keys;
using VitGrid.Engine.Errors;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.Pages;

/// <summary>What the page asks of the models in this machine's folders; where they lie is not told.</summary>
internal static class ModelRoutes
{
    /// <summary>A checkpoint is read whole to be verified or measured, and the machine has other work.</summary>
    private static readonly SemaphoreSlim Reading = new(1);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/page/models", List).ExcludeFromDescription().RequireScope(Scopes.Metrics);
        routes.MapGet("/page/models/plan", Plan).ExcludeFromDescription().RequireScope(Scopes.Metrics);
        routes.MapGet("/page/models/forms", Forms).ExcludeFromDescription().RequireScope(Scopes.Metrics);
        routes.MapPost("/page/models/measure", MeasureAsync).ExcludeFromDescription().RequireScope(Scopes.Admin);
        routes.MapGet("/page/models/pull", PullOf).ExcludeFromDescription().RequireScope(Scopes.Admin);
        routes.MapPost("/page/models/pull/{**id}", Pull).ExcludeFromDescription().RequireScope(Scopes.Admin).Audited("models pull");
        routes.MapPost("/page/models/verify", VerifyAsync).ExcludeFromDescription().RequireScope(Scopes.Admin);
    }

    private static JsonHttpResult<DiskModel[]> List(HttpContext context) => TypedResults.Json(
        (context.RequestServices.GetService<DiskModels>()?.List() ?? []).Select(model => model with { Directory = "" }).ToArray(),
        PageJson.Default.DiskModelArray);

    private static JsonHttpResult<ModelFact[]> Plan(HttpContext context, string? model, string? precision, GridGateway grid)
    {
        (DiskModels models, string name) = Demand(context, model);
        if (grid.Devices.Count == 0)
            throw new ApiException(ApiCode.InvalidRequest,
                "this process has no devices to plan for; ask one that has, or 'vitgrid models plan NAME --devices SPEC'");
        Precision wanted = DemandPrecision(precision ?? "fp32", "precision");
        return Facts(() => models.Plan(name, grid.Devices, wanted));
    }

    private static async Task<JsonHttpResult<ModelFact[]>> VerifyAsync(HttpContext context, string? model)
    {
        (DiskModels models, string name) = Demand(context, model);
        return await AloneAsync(context, () => Facts(() => models.Verify(name, context.RequestAborted)));
    }

    /// <summary>What was measured of models' forms here, and what can be.</summary>
    private static JsonHttpResult<FormOverview> Forms(HttpContext context, GridGateway grid, MeasuredForms measured)
    {
        IReadOnlyList<string> forms = context.RequestServices.GetService<DiskModels>()?.Forms(grid.Devices) ?? [];
        return TypedResults.Json(new FormOverview(forms, measured.All), PageJson.Default.FormOverview);
    }

    private static async Task<JsonHttpResult<MeasuredForm>> MeasureAsync(
        HttpContext context, string? model, string? form, GridGateway grid, MeasuredForms measured)
    {
        (DiskModels models, string name) = Demand(context, model);
        Precision wanted = DemandPrecision(form, "form");
        return await AloneAsync(context, () =>
        {
            MeasuredForm found = Answer(() => models.Measure(name, grid.Devices, wanted, context.RequestAborted));
            measured.Keep(found);
            return TypedResults.Json(found, PageJson.Default.MeasuredForm);
        });
    }

    /// <summary>Does what reads a model whole, unless that is being done for somebody else.</summary>
    private static async Task<T> AloneAsync<T>(HttpContext context, Func<T> read)
    {
        if (!await Reading.WaitAsync(TimeSpan.Zero))
        {
            throw new ApiException(new ApiError(
                ApiCode.Overloaded, "a model is being verified or measured, and one at a time is; try again when that has ended",
                RetryAfterSeconds: 10));
        }
        try
        {
            return await Task.Run(read, context.RequestAborted);
        }
        finally
        {
            Reading.Release();
        }
    }

    private static Precision DemandPrecision(string? text, string parameter) =>
        Enum.TryParse(text, ignoreCase: true, out Precision precision) && Enum.IsDefined(precision) ? precision : throw new ApiException(
            ApiCode.InvalidRequest,
            $"{parameter} is '{Quote.Short(text)}'; it takes {string.Join(", ", Enum.GetNames<Precision>()).ToLowerInvariant()}",
            parameter);

    /// <summary>How far the model is that was asked for last.</summary>
    private static JsonHttpResult<PullStatus> PullOf(HttpContext context, ModelPulls pulls)
    {
        DemandPull(context);
        return TypedResults.Json(pulls.Status, PageJson.Default.PullStatus);
    }

    private static Accepted Pull(HttpContext context, string id, ModelPulls pulls)
    {
        (DiskModels models, PullModel pull) = DemandPull(context);
        if (!models.IsHubId(id))
            throw new ApiException(ApiCode.InvalidRequest,
                $"'{Quote.Short(id)}' is no model's id on the hub; name it as ORG/NAME or ORG/NAME@REVISION", "id");
        return pulls.TryBegin(id, pull) ? TypedResults.Accepted((string?)null) : throw new ApiException(new ApiError(
            ApiCode.Overloaded, $"{pulls.Status.Model} is being fetched, and one model at a time is; try again when it is there",
            RetryAfterSeconds: 10));
    }

    private static (DiskModels Models, PullModel Pull) DemandPull(HttpContext context) =>
        context.RequestServices.GetService<DiskModels>() is { Pull: { } pull } models ? (models, pull) : throw new ApiException(
            ApiCode.NotFound, "this process fetches no models; start it with --pull, or use 'vitgrid models pull ORG/NAME'");

    private static (DiskModels Models, string Name) Demand(HttpContext context, string? model)
    {
        DiskModels? models = context.RequestServices.GetService<DiskModels>();
        IReadOnlyList<DiskModel> known = models?.List() ?? [];
        return model is not null && known.Any(one => one.Name == model)
            ? (models!, model)
            : throw new ApiException(ApiCode.ModelNotFound,
                $"this machine has no model '{Quote.Short(model)}'; it has {string.Join(", ", known.Select(one => one.Name))}", "model");
    }

    private static JsonHttpResult<ModelFact[]> Facts(Func<IReadOnlyList<ModelFact>> tell) =>
        TypedResults.Json(Answer(tell).ToArray(), PageJson.Default.ModelFactArray);

    private static T Answer<T>(Func<T> tell)
    {
        try
        {
            return tell();
        }
        catch (Exception exception) when (
            exception is CheckpointException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ApiException(ApiCode.InvalidRequest, exception.Message, "model");
        }
    }
}

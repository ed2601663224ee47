using VitGrid.Cluster.Administration;
using VitGrid.Engine.Errors;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Health;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api;

/// <summary>One image in, one vector out: <see cref="Embedder.EmbedAsync"/>, or what a test puts in its place.</summary>
internal delegate Task<EmbeddingResult> EmbedImage(EmbeddingRequest request, CancellationToken cancellationToken);

/// <summary>A snapshot of the served models, in configured order: <see cref="ModelCatalog.Models"/>.</summary>
internal delegate IReadOnlyList<ModelInfo> ListModels();

/// <summary>All that the HTTP front end knows of the grid.</summary>
internal sealed record GridGateway(EmbedImage Embed, ListModels Models, IReadOnlyList<DeviceSpec> Devices)
{
    /// <summary>Whether this process may be given work. Default: by its models alone.</summary>
    public Func<GridReadiness> Readiness
    {
        get => field ?? (() => GridReadiness.FromModels(Models()));
        init;
    }

    /// <summary>
    /// What a request would be refused with if no cache held its image: <see cref="Embedder.Foresee"/>. Default: nothing.
    /// </summary>
    public Func<EmbeddingRequest, GridException?> Foresee { get; init; } = _ => null;

    /// <summary>How texts are cut into tokens. Default: none are.</summary>
    public TextGateway Texts { get; init; } = TextGateway.None;

    /// <summary>How the cache's Redis holds numbers; null: this process has none.</summary>
    public CacheFormat? CacheFormat { get; init; }

    /// <summary>How a device of this process does. Default: well.</summary>
    public Func<string, DeviceStatus> Health { get; init; } = device => new(device, DeviceState.Healthy);

    /// <summary>Devices that were there at an earlier start and are missing at this one.</summary>
    public IReadOnlyList<MissingDevice> Missing { get; init; } = [];

    /// <summary>This process's place in the grid; null: not known.</summary>
    public Func<NodeDescription>? Node { get; init; }

    /// <summary>The model a request names; the only one when it names none, or the bundled one among bundled ones.</summary>
    /// <exception cref="ApiException">No such model, none named where there are several, or none known yet.</exception>
    public ModelInfo Find(string? name)
    {
        IReadOnlyList<ModelInfo> models = Models();
        if (models.Count == 0)
            throw new ApiException(ApiCode.ModelLoading,
                "this front end has met no worker that serves a model yet; try again, and see GET /health/ready for what it waits for",
                "model");
        if (string.IsNullOrEmpty(name))
        {
            return ModelCatalog.Only(models) ?? BundledModel.DefaultOf(models) ?? throw new ApiException(ApiCode.InvalidRequest,
                $"model is missing and {models.Count} models are served; send one of {Names(models)}", "model");
        }
        return models.FirstOrDefault(model => model.Name == name) ?? throw new ApiException(ApiCode.ModelNotFound,
            $"{RefusalText.ModelNotFound(Quote.Short(name), models)} (GET /v1/models lists them)", "model");
    }

    private static string Names(IReadOnlyList<ModelInfo> models) => string.Join(", ", models.Select(model => $"'{model.Name}'"));
}

using VitGrid.Access.Keys;
using VitGrid.Access.Options;
using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Settings;
using VitGrid.Transport;

namespace VitGrid.Server.Hosting.Options;

/// <summary>
/// Section <c>VitGrid</c> of the configuration, read and checked once at start by <see cref="OptionsReader"/>. Sub-sections keep the names
/// of the contract; <see cref="GridMapping"/> hands the grid its part.
/// </summary>
internal sealed record ServerOptions : GridSettings
{
    /// <summary>This process's part of the grid.</summary>
    [Setting("this process's part of the grid, as `--role`")]
    public GridRole Role { get; init; }

    /// <summary>The models to serve, in order; none named serves <c>internvit-nano</c>.</summary>
    [Section]
    public IReadOnlyList<ModelSettings> Models { get; init; } = [];

    /// <summary>Execution providers that ONNX Runtime loads as plug-ins.</summary>
    [Section]
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>What the links between processes may take.</summary>
    [Section]
    public DataPlaneOptions DataPlane { get; init; } = new();

    /// <summary>The HTTP front end.</summary>
    [Section]
    public HttpOptions Http { get; init; } = new();

    /// <summary>The front end for gRPC.</summary>
    [Section]
    public GrpcOptions Grpc { get; init; } = new();

    /// <summary>Who may come in.</summary>
    [Section]
    public AuthOptions Auth { get; init; } = new();

    /// <summary>What a key or token may use that has no limits of its own.</summary>
    [Section]
    public KeyLimits RateLimits { get; init; } = new();

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(SettingPath path)
    {
        SettingPath http = path[nameof(Http)];
        return base.Faults(path)
            .Concat(SettingPath.AtMost(
                http[nameof(Http.MaxInputs)], Http.MaxInputs, path[nameof(Queue)][nameof(Queue.MaxImages)], Queue.MaxImages,
                "the largest request would always be refused"))
            .Concat(SettingPath.AtMost(
                path[nameof(Images)][nameof(Images.MaxFileBytes)], Images.MaxFileBytes, http[nameof(Http.MaxBodyBytes)], Http.MaxBodyBytes,
                "the largest image could never arrive"))
            .Concat(FaultsOfGrpc(path))
            .Concat(RepeatedNames(path[nameof(Models)]));
    }

    private IEnumerable<string> FaultsOfGrpc(SettingPath path)
    {
        SettingPath http = path[nameof(Http)], url = path[nameof(Grpc)][nameof(Grpc.Url)];
        if (Grpc.Url is { } secure && HttpOptions.IsSecure(secure) && (Http.Certificate is null || Http.CertificateKey is null))
        {
            yield return $"{url} is {secure}, which needs {http[nameof(Http.Certificate)]} and {http[nameof(Http.CertificateKey)]}";
        }
    }

    private IEnumerable<string> RepeatedNames(SettingPath path) => Models
        .GroupBy(model => model.Name ?? model.Model)
        .Where(group => group.Key is { Length: > 0 } && group.Count() > 1)
        .Select(group => $"{path} names '{group.Key}' {group.Count()} times; give each a Name of its own");
}

/// <summary>What a process of the grid does.</summary>
internal enum GridRole
{
    /// <summary>Devices, API and UI in one process.</summary>
    All,

    /// <summary>API and UI without devices: a client of the workers.</summary>
    Api,

    /// <summary>Devices; over HTTP only health, metrics and information.</summary>
    Worker,
}

/// <summary>A model as the operator names it.</summary>
internal sealed record ModelSettings
{
    /// <summary>Name, folder or hub id of the checkpoint.</summary>
    [Setting("the first model to serve, as `--model`; the second is `Models:1:Model`. None named: `internvit-nano`",
        Form = "the name, folder or hub id of a checkpoint")]
    public required string Model { get; init; }

    /// <summary>Whether what is missing of it is fetched from the hub at start.</summary>
    [Setting("what is missing of a hub's model is fetched at start, as `--pull`")]
    public bool Pull { get; init; }

    /// <summary>The name clients use; null takes the folder's or the model's own.</summary>
    [Setting("the name clients use; none: the folder's or the model's own", Form = "a name")]
    public string? Name { get; init; }

    /// <summary>Arithmetic; null: what suits the devices.</summary>
    [Setting("arithmetic, as `--precision`; auto is bf16 or fp16 on CUDA, fp32 on a CPU", Automatic = "auto")]
    public Model.Segments.Precision? Precision { get; init; }

    /// <summary>Pipeline segments; 0 takes the fewest that fit the devices.</summary>
    [Setting("pipeline segments, as `--segments`; 0: the fewest that fit the devices", Unit = "segments", Min = 0,
        Max = ModelOptions.MaxSegments)]
    public int Segments { get; init; }

    /// <summary>Replicas in the grid; 0: as many as its devices hold usefully.</summary>
    [Setting("replicas in the grid, as `--replicas`; 0: as many as its devices hold usefully", Unit = "replicas", Min = 0,
        Max = ModelOptions.MaxReplicas)]
    public int Replicas { get; init; }

    /// <summary>Preprocessing profile; null takes the checkpoint's own.</summary>
    [Setting("the profile by which images are prepared; none: the checkpoint's own", Form = "a profile such as `crop` or `squash`")]
    public string? Preprocess { get; init; }

    /// <summary>Whether SigLIP 2's tokenizer lower-cases texts; null: as its folder says, else yes.</summary>
    [Setting("whether texts are lower-cased before SigLIP 2's tokenizer, as they were in training; none: as the folder says, else yes. No "
        + "gives the ids of transformers' AutoTokenizer")]
    public bool? LowerCase { get; init; }
}

/// <summary>Where a named checkpoint lies.</summary>
/// <param name="Name">The name clients use when the operator gave none.</param>
/// <param name="Directory">Folder of the checkpoint.</param>
internal sealed record ModelLocation(string Name, string Directory);

/// <summary>The one place where server options become grid options.</summary>
internal static class GridMapping
{
    /// <param name="options">What was configured.</param>
    /// <param name="locate">Finds the folder of a name, folder or hub id.</param>
    /// <param name="fallback">The model served when none is named.</param>
    /// <param name="automatic">The precision that <c>auto</c> means on these devices.</param>
    public static GridOptions ToGrid(this ServerOptions options, Func<string, ModelLocation> locate, string fallback, Precision automatic)
    {
        IReadOnlyList<ModelSettings> models = options.Models.Count > 0 ? options.Models : [new ModelSettings { Model = fallback }];
        return new(options) { Models = [.. models.Select(model => ToGrid(model, locate(model.Model), automatic))] };
    }

    private static ModelOptions ToGrid(ModelSettings model, ModelLocation location, Precision automatic) => new()
    {
        Name = model.Name ?? location.Name,
        Directory = location.Directory,
        Precision = model.Precision ?? automatic,
        Segments = model.Segments,
        Replicas = model.Replicas,
        Preprocess = model.Preprocess,
        LowerCase = model.LowerCase,
    };
}

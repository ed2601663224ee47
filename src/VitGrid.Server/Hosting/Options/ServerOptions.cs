using VitGrid.Engine.Options;
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

    /// <summary>What the links between processes may take.</summary>
    [Section]
    public DataPlaneOptions DataPlane { get; init; } = new();

    /// <summary>The HTTP front end.</summary>
    [Section]
    public HttpOptions Http { get; init; } = new();

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
            .Concat(RepeatedNames(path[nameof(Models)]));
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

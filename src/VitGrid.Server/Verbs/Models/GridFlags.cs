using VitGrid.Engine.Options;
using VitGrid.Model.Segments;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Verbs.Models;

/// <summary>What the command line says about the grid. Each flag that is given wins over the configuration; null leaves it.</summary>
internal sealed record GridFlags
{
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>A list of devices.</summary>
    public string? Devices { get; init; }

    public Precision? Precision { get; init; }

    public int? Segments { get; init; }

    public int? Replicas { get; init; }

    /// <summary>Whether every model that is the hub's is fetched first.</summary>
    public bool Pull { get; init; }

    /// <summary>Whether anything is said that only a process with devices can do.</summary>
    public bool NamesDevicesOrModels =>
        Models is not null || Devices is not null || Precision is not null || Segments is not null || Replicas is not null || Pull;

    /// <summary>The grid that configuration and command line ask for together.</summary>
    /// <param name="configured">What is configured.</param>
    /// <param name="locator">Finds models.</param>
    /// <param name="known">Devices that were there before; null: whatever is missing is refused.</param>
    /// <exception cref="VerbException">A model cannot be found, or a device cannot be used.</exception>
    /// <exception cref="UsageException">Devices are not named as they are, or two models would be served under one name.</exception>
    public GridOptions Over(ServerOptions configured, ModelLocator locator, KnownDevices? known = null)
    {
        ChosenDevices chosen = ChosenDevices.Resolve(
            ChosenDevices.Read(Devices, configured.Runtime) ?? (configured.Devices is [] ? null : configured.Devices), null, known);
        ServerOptions merged = configured with
        {
            Devices = chosen.Devices,
            Models = [.. Chosen(configured).Select(
                model => model with { Precision = Precision ?? model.Precision, Segments = Segments ?? model.Segments,
                    Replicas = Replicas ?? model.Replicas })],
        };
        GridOptions grid = merged.ToGrid(name => Locate(locator, name), ModelRoots.DefaultModel, chosen.Precision) with
        {
            Missing = chosen.Missing,
        };
        CheckNames(grid.Models);
        return grid;
    }

    /// <summary>The models to fetch first, as they are named.</summary>
    public IEnumerable<string> Pulled(ServerOptions configured) => Models is not null
        ? Models.Where(_ => Pull)
        : configured.Models.Where(model => Pull || model.Pull).Select(model => model.Model);

    private IEnumerable<ModelSettings> Chosen(ServerOptions configured)
    {
        IEnumerable<ModelSettings> chosen = Models?.Select(name => new ModelSettings { Model = name }) ?? configured.Models;
        return chosen.Any() ? chosen : ModelRoots.Served.Select(name => new ModelSettings { Model = name });
    }

    private static ModelLocation Locate(ModelLocator locator, string name)
    {
        LocatedModel found = locator.Find(name);
        return new(found.Name, found.Directory);
    }

    private static void CheckNames(IReadOnlyList<ModelOptions> models)
    {
        if (models.GroupBy(model => model.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new UsageException(
                $"--model: {string.Join(" and ", twice.Select(model => model.Directory))} would both be served as '{twice.Key}'; "
                + "import one under another name with 'vitgrid models import DIR --name NAME --link'");
        }
    }
}

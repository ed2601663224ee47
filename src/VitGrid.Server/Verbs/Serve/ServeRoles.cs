using VitGrid.Engine.Options;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Serve;

/// <summary>What each role of <c>vitgrid serve</c> takes and needs.</summary>
internal static class ServeRoles
{
    /// <summary>The grid's options for this process's role.</summary>
    /// <exception cref="UsageException">The flags contradict the role.</exception>
    /// <exception cref="VerbException">A model cannot be found.</exception>
    /// <exception cref="VerbException">A device cannot be used that was never there.</exception>
    public static GridOptions Grid(GridFlags flags, ServerOptions options, ModelLocator locator, KnownDevices known)
    {
        if (options.Role != GridRole.All && options.Cluster.Redis is null)
            throw new UsageException($"--role {Name(options.Role)} needs --redis HOST:PORT, where the processes of a grid find each other");
        if (options.Role == GridRole.All)
            return flags.Over(options, locator, known);
        // Images come to a worker from front ends that have looked already.
        if (options.Role == GridRole.Worker)
            return flags.Over(options with { Cache = options.Cache with { Redis = null } }, locator, known);
        if (flags.NamesDevicesOrModels)
            throw new UsageException(
                "--role api has no devices and learns the models from the workers; leave out --model, --devices, --precision, --segments "
                    + "and --replicas");
        return flags.Over(options, locator) with { Models = [], Devices = [] };
    }

    private static string Name(GridRole role) => role == GridRole.Api ? "api" : "worker";
}

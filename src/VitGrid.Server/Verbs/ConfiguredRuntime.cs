using System.CommandLine;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Verbs;

/// <summary>The kinds of devices that the configuration names, for verbs that read no more of it.</summary>
internal static class ConfiguredRuntime
{
    /// <exception cref="OptionsException">Something is wrong with them.</exception>
    public static RuntimeOptions In(ParseResult parsed) =>
        OptionsReader.ReadRuntime(ServerConfiguration.Load(parsed.GetValue(SharedOptions.Config), []));
}

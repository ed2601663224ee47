using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting;

/// <summary>
/// Where settings come from, the later winning: <c>appsettings.json</c> beside the program, <c>appsettings.json</c> in the current
/// folder, the environment (<c>VitGrid__Batching__MaxBatchSize</c>), the command line. Before all of them stands what a flag implies.
/// </summary>
internal static class ServerConfiguration
{
    private const string FileName = "appsettings.json";

    /// <exception cref="OptionsException">A file is not JSON.</exception>
    public static IConfigurationRoot Load(
        IEnumerable<KeyValuePair<string, string?>> commandLine, params IEnumerable<KeyValuePair<string, string?>> fallbacks)
    {
        try
        {
            return new ConfigurationBuilder()
                .AddInMemoryCollection(fallbacks)
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, FileName), optional: true)
                .AddJsonFile(Path.GetFullPath(FileName), optional: true)
                .AddEnvironmentVariables()
                .AddInMemoryCollection(commandLine)
                .Build();
        }
        catch (InvalidDataException exception)
        {
            throw new OptionsException([$"{exception.Message} {exception.InnerException?.Message}"]);
        }
    }
}

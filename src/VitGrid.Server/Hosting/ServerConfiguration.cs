using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Hosting;

/// <summary>
/// Where settings come from, the later winning: <c>appsettings.json</c> beside the program, the file that <c>--config</c> names, the
/// environment (<c>VitGrid__Batching__MaxBatchSize</c>), the command line. Before all of them stands what a flag implies. The folder in
/// which somebody stands says nothing: what lies there may be anybody's.
/// </summary>
internal static class ServerConfiguration
{
    private const string FileName = "appsettings.json";

    /// <summary>Reads them.</summary>
    /// <param name="file">What <c>--config</c> names; null: nothing.</param>
    /// <param name="commandLine">Settings of the command line.</param>
    /// <param name="fallbacks">What flags imply.</param>
    /// <exception cref="OptionsException">A file is not JSON, or the named one is not there.</exception>
    public static IConfigurationRoot Load(
        string? file, IEnumerable<KeyValuePair<string, string?>> commandLine, params IEnumerable<KeyValuePair<string, string?>> fallbacks)
    {
        try
        {
            return new ConfigurationBuilder()
                .AddInMemoryCollection(fallbacks)
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, FileName), optional: true)
                .AddNamedFile(file)
                .AddEnvironmentVariables()
                .AddInMemoryCollection(commandLine)
                .Build();
        }
        catch (InvalidDataException exception)
        {
            throw new OptionsException([$"{exception.Message} {exception.InnerException?.Message}"]);
        }
    }

    /// <summary>Adds the file that <c>--config</c> names.</summary>
    /// <exception cref="OptionsException">It is not there.</exception>
    public static IConfigurationBuilder AddNamedFile(this IConfigurationBuilder configuration, string? file)
    {
        if (file is null)
            return configuration;
        string path = Path.GetFullPath(file);
        return File.Exists(path)
            ? configuration.AddJsonFile(path, optional: false)
            : throw new OptionsException([$"--config {file} is not there; name a JSON file of settings"]);
    }
}

using VitGrid.Access.Connections;
using VitGrid.Access.Options;

namespace VitGrid.Access.Keys;

/// <summary>Chooses where keys are kept.</summary>
public static class KeyStores
{
    /// <summary>The file that is named, else Redis where one is named, else the file in the user's data folder.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="redis">The connection to <see cref="AuthOptions.Redis"/>; null: none is named.</param>
    public static IKeyStore From(AuthOptions options, AccessRedis? redis)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.KeyFile is null && redis is not null ? new KeyTable(redis) : new KeyFile(options.KeyFile ?? KeyFile.DefaultPath);
    }
}

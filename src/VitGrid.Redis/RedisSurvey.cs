using StackExchange.Redis;

namespace VitGrid.Redis;

/// <summary>What the servers behind an address tell of themselves, for who examines a grid.</summary>
/// <param name="Servers">Where each that holds keys is, and what <c>INFO</c> answers there.</param>
/// <param name="Problem">Why there is nothing to tell; null: there is. Holds no password.</param>
public sealed record RedisSurvey(IReadOnlyList<(string Server, RedisInfo Info)> Servers, string? Problem)
{
    private const int ConnectMilliseconds = 5_000;

    /// <summary>Connects and asks.</summary>
    /// <param name="address">As <see cref="RedisAddress"/> reads it.</param>
    /// <param name="login">What does not stand in the address; null: nothing.</param>
    public static async Task<RedisSurvey> AskAsync(string address, RedisLogin? login = null)
    {
        try
        {
            ConfigurationOptions settings = RedisAddress.Parse(address, login);
            (settings.AbortOnConnectFail, settings.AllowAdmin, settings.ConnectTimeout) = (true, true, ConnectMilliseconds);
            await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(settings).ConfigureAwait(false);
            IReadOnlyList<IServer> holders = await redis.HoldersAsync().ConfigureAwait(false);
            return new(await Task.WhenAll(holders.Select(InfoAsync)).ConfigureAwait(false), null);
        }
        catch (RedisConnectionException exception)
        {
            return new([], $"it does not answer ({exception.FailureType})");
        }
        catch (Exception exception) when (exception is RedisException or FormatException or TimeoutException)
        {
            return new([], exception.Message);
        }
    }

    private static async Task<(string Server, RedisInfo Info)> InfoAsync(IServer server) =>
        ($"{server.EndPoint}", RedisInfo.Parse(await server.InfoRawAsync().ConfigureAwait(false) ?? ""));
}

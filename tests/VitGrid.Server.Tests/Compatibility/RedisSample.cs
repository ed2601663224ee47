using System.Text.Json;
using StackExchange.Redis;

namespace VitGrid.Server.Tests.Compatibility;

/// <summary>Puts keys that an earlier program left into a Redis of today.</summary>
internal sealed class RedisSample(IDatabase redis, string root)
{
    /// <summary>Restores every key of <paramref name="file"/>; <c>{root}</c> in a text becomes <paramref name="root"/>.</summary>
    public static async Task RestoreAsync(string address, string file, string root)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(address);
        RedisSample sample = new(connection.GetDatabase(), root);
        using JsonDocument keys = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        foreach (JsonElement key in keys.RootElement.EnumerateArray())
            await sample.RestoreAsync(key.GetProperty("key").GetString()!, key);
    }

    private Task RestoreAsync(RedisKey key, JsonElement saved) => saved.GetProperty("type").GetString() switch
    {
        "hash" => redis.HashSetAsync(key, [.. Pairs(saved.GetProperty("fields")).Select(pair => new HashEntry(pair.Name, pair.Value))]),
        "zset" => redis.SortedSetAddAsync(
            key, [.. Pairs(saved.GetProperty("members")).Select(pair => new SortedSetEntry(pair.Name, (double)pair.Value))]),
        "set" => redis.SetAddAsync(key, [.. saved.GetProperty("members").EnumerateArray().Select(Value)]),
        "string" => redis.StringSetAsync(key, Value(saved.GetProperty("value"))),
        "stream" => RestoreStreamAsync(key, saved),
        var other => throw new NotSupportedException($"a key of type {other}"),
    };

    private async Task RestoreStreamAsync(RedisKey key, JsonElement saved)
    {
        foreach (JsonElement entry in saved.GetProperty("entries").EnumerateArray())
        {
            NameValueEntry[] fields = [.. Pairs(entry[1]).Select(pair => new NameValueEntry(pair.Name, pair.Value))];
            await redis.StreamAddAsync(key, fields, entry[0].GetString());
        }
        foreach (JsonElement group in saved.GetProperty("groups").EnumerateArray())
            await RestoreGroupAsync(key, group);
    }

    /// <summary>What a consumer had read and not acknowledged is its own again.</summary>
    private async Task RestoreGroupAsync(RedisKey key, JsonElement group)
    {
        RedisValue name = group.GetProperty("name").GetString();
        await redis.StreamCreateConsumerGroupAsync(key, name, group.GetProperty("lastDelivered").GetString());
        foreach (JsonElement held in group.GetProperty("pending").EnumerateArray())
            await redis.ExecuteAsync("XCLAIM", key, name, held[1].GetString()!, 0, held[0].GetString()!, "FORCE", "JUSTID");
    }

    private IEnumerable<(RedisValue Name, RedisValue Value)> Pairs(JsonElement pairs) =>
        pairs.EnumerateArray().Select(pair => (Value(pair[0]), Value(pair[1])));

    private RedisValue Value(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!.Replace("{root}", root, StringComparison.Ordinal)
        : value.GetProperty("base64").GetBytesFromBase64();
}

using StackExchange.Redis;
using VitGrid.Access.Connections;
using VitGrid.Access.Keys;

namespace VitGrid.Access.Metering;

/// <summary>Counts what each caller uses at all front ends, in Redis: one script reads, judges and counts, by Redis' clock.</summary>
/// <param name="redis">The Redis of keys.</param>
public sealed class SharedCounters(AccessRedis redis)
{
    private const int ProcessLifeSeconds = 30;

    /// <summary>
    /// Images under way are told as a number a process with the time at which it was told, so that a process which is gone stops counting.
    /// </summary>
    private const string Script = """
        local now = tonumber(redis.call('TIME')[1])
        local minute, day = math.floor(now / 60), math.floor(now / 86400)
        local c = redis.call('HMGET', KEYS[1], 'm', 'mr', 'mi', 'mb', 'd', 'dr', 'di', 'db')
        for i = 1, 8 do c[i] = tonumber(c[i] or 0) or 0 end
        if c[1] ~= minute then c[2], c[3], c[4] = 0, 0, 0 end
        if c[5] ~= day then c[6], c[7], c[8] = 0, 0, 0 end
        local full = false
        for i = 1, 3 do
          local asked, perMinute, perDay = tonumber(ARGV[6 + i]), tonumber(ARGV[i]), tonumber(ARGV[3 + i])
          if asked > 0 and ((perMinute > 0 and c[1 + i] + asked > perMinute) or (perDay > 0 and c[5 + i] + asked > perDay)) then
            full = true
          end
        end
        local mine, most, way = tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[11])
        if most > 0 then
          local told = redis.call('HGETALL', KEYS[2])
          for i = 1, #told, 2 do
            local images, at = string.match(told[i + 1], '^(%d+) (%d+)$')
            if not at or now - tonumber(at) > tonumber(ARGV[13]) then
              redis.call('HDEL', KEYS[2], told[i])
            elseif told[i] ~= ARGV[10] then
              way = way + tonumber(images)
            end
          end
          if mine > 0 and way > most then
            full = true
          elseif not full and mine > 0 then
            redis.call('HSET', KEYS[2], ARGV[10], mine .. ' ' .. now)
            redis.call('EXPIRE', KEYS[2], 86400)
          end
        end
        if not full then
          local soon = tonumber(ARGV[14])
          redis.call('HSET', KEYS[1], 'm', minute,
            'mr', c[2] + ARGV[7] * soon, 'mi', c[3] + ARGV[8] * soon, 'mb', c[4] + ARGV[9] * soon,
            'd', day, 'dr', c[6] + ARGV[7], 'di', c[7] + ARGV[8], 'db', c[8] + ARGV[9])
          redis.call('EXPIRE', KEYS[1], 172800)
        end
        return { now, c[2], c[3], c[4], c[6], c[7], c[8], way }
        """;

    /// <summary>What tells this process's images under way from others'.</summary>
    private readonly string _process = Guid.NewGuid().ToString("N");

    /// <summary>Judges what is asked for and, unless it is refused, counts it.</summary>
    /// <param name="id">The caller.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="asked">What it asks for.</param>
    /// <param name="underWay">Its images under way in this process, these included; 0 where none are asked for.</param>
    /// <exception cref="RedisException">Redis is away.</exception>
    /// <exception cref="TimeoutException">Redis does not answer.</exception>
    public async Task<LimitVerdict> CountAsync(string id, KeyLimits limits, Usage asked, long underWay)
    {
        ArgumentNullException.ThrowIfNull(limits);
        IDatabase data = await redis.DataAsync().ConfigureAwait(false);
        RedisValue[] arguments =
        [
            limits.RequestsPerMinute, limits.ImagesPerMinute, limits.BytesPerMinute, limits.RequestsPerDay, limits.ImagesPerDay,
            limits.BytesPerDay, asked.Requests, asked.Images, asked.Bytes, _process, underWay, limits.ImagesUnderWay, ProcessLifeSeconds,
            asked.IsLater ? 0 : 1,
        ];
        long[] told = (long[])(await data
            .ScriptEvaluateAsync(Script, [AccessKeys.Windows(id), AccessKeys.UnderWay(id)], arguments).ConfigureAwait(false))!;
        Counted counted = new(told[0], new(told[1], told[2], told[3]), new(told[4], told[5], told[6]), underWay > 0 ? told[7] : 0);
        return LimitVerdict.From(limits, counted, asked);
    }

    /// <summary>Tells how many images of a caller are under way here now.</summary>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task TellAsync(string id, long underWay)
    {
        IDatabase data = await redis.DataAsync().ConfigureAwait(false);
        if (underWay == 0)
            await data.HashDeleteAsync(AccessKeys.UnderWay(id), _process).ConfigureAwait(false);
        else
            await data.ScriptEvaluateAsync(
                "return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. redis.call('TIME')[1])",
                [AccessKeys.UnderWay(id)], [_process, underWay]).ConfigureAwait(false);
    }
}

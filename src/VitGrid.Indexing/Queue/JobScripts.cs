namespace VitGrid.Indexing.Queue;

/// <summary>What must happen to a job at once or not at all; see <see cref="Scripts"/>.</summary>
internal static class JobScripts
{
    /// <summary>
    /// KEYS job, jobs, active; ARGV job, now, fields and values… Makes the job, unless there is one: gives whether it did.
    /// </summary>
    public const string Create = """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
        redis.call('SADD', KEYS[3], ARGV[1])
        return 1
        """;

    /// <summary>
    /// KEYS job, stream, parked; ARGV job, cursor before, cursor after, last uri, malformed, most entries, then ids and uris… Adds a page
    /// of a submission with its cursor. Gives <c>ok</c>, <c>full</c>, <c>state</c> or <c>cursor</c>, and what it found instead.
    /// </summary>
    public const string Append = """
        local state = redis.call('HGET', KEYS[1], 'state')
        if state ~= 'submitting' then return {'state', state or 'gone'} end
        local cursor = redis.call('HGET', KEYS[1], 'cursor')
        if cursor == ARGV[3] and cursor ~= ARGV[2] then return {'ok', cursor} end
        if cursor ~= ARGV[2] then return {'cursor', cursor} end
        local length = redis.call('XLEN', KEYS[2]) + redis.call('XLEN', KEYS[3])
        if length >= tonumber(ARGV[6]) then return {'full', tostring(length)} end
        for i = 7, #ARGV, 2 do redis.call('XADD', KEYS[2], '*', 'job', ARGV[1], 'id', ARGV[i], 'uri', ARGV[i + 1]) end
        redis.call('HSET', KEYS[1], 'cursor', ARGV[3], 'last', ARGV[4])
        redis.call('HINCRBY', KEYS[1], 'total', (#ARGV - 6) / 2)
        redis.call('HINCRBY', KEYS[1], 'malformed', ARGV[5])
        return {'ok', ARGV[3]}
        """;

    /// <summary>KEYS job. The submission is whole.</summary>
    public const string Complete = """
        if redis.call('HGET', KEYS[1], 'state') == 'submitting' then redis.call('HSET', KEYS[1], 'state', 'running') end
        return redis.call('HGET', KEYS[1], 'state')
        """;

    /// <summary>
    /// KEYS job. What is left of a job that is not finished is to be acknowledged without work; gives whether there is any.
    /// </summary>
    public const string Cancel = """
        local state = redis.call('HGET', KEYS[1], 'state')
        if state ~= 'submitting' and state ~= 'running' then return 0 end
        redis.call('HSET', KEYS[1], 'state', 'running', 'cancel', '1')
        return 1
        """;

    /// <summary>KEYS job, active; ARGV job, now. Marks a job finished of which nothing is left; gives its state.</summary>
    public const string Finish = """
        local job = redis.call('HMGET', KEYS[1], 'state', 'total', 'done', 'dead', 'cancelled', 'cancel')
        if not job[1] then
          redis.call('SREM', KEYS[2], ARGV[1])
          return 'gone'
        end
        if job[1] ~= 'running' or (tonumber(job[3] or 0) + tonumber(job[4] or 0) + tonumber(job[5] or 0)) < tonumber(job[2] or 0) then return job[1] end
        local state = job[6] and 'cancelled' or 'finished'
        redis.call('HSET', KEYS[1], 'state', state, 'finished', ARGV[2])
        redis.call('HDEL', KEYS[1], 'problem')
        redis.call('SREM', KEYS[2], ARGV[1])
        return state
        """;

    /// <summary>
    /// KEYS job, dead, parked, intents, finisher, batch, its keeper, jobs, active, batches, open batches; ARGV id, milliseconds. Forgets a
    /// job that is over, and its batch; entries of the stream stay, which are acknowledged. Gives <c>removed</c>, <c>gone</c>,
    /// <c>settling</c> for one that was over only so long ago, when workers may still know it, or else the state that is in the way.
    /// </summary>
    public const string Remove = """
        local job = redis.call('HMGET', KEYS[1], 'state', 'finished', 'model')
        local state = job[1] or (job[3] and 'submitting')
        if state and state ~= 'finished' and state ~= 'cancelled' then return state end
        if redis.call('SISMEMBER', KEYS[11], ARGV[1]) == 1 then return redis.call('HGET', KEYS[6], 'status') or 'open' end
        if state then
          local age = redis.call('TIME')[1] * 1000 - tonumber(job[2] or 0)
          if redis.call('EXISTS', KEYS[4]) == 1 or (age >= 0 and age < tonumber(ARGV[2])) then return 'settling' end
        end
        local removed = redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
          + redis.call('ZREM', KEYS[8], ARGV[1]) + redis.call('SREM', KEYS[9], ARGV[1]) + redis.call('ZREM', KEYS[10], ARGV[1])
        return removed > 0 and 'removed' or 'gone'
        """;
}

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
    /// of a submission with its cursor. Gives <c>ok</c>, <c>full</c>, <c>memory</c> (Redis is above 80 % of its <c>maxmemory</c>, the rest
    /// of which is the workers'),
    /// <c>state</c> or <c>cursor</c>, and what it found instead.
    /// </summary>
    public const string Append = """
        local state = redis.call('HGET', KEYS[1], 'state')
        if state ~= 'submitting' then return {'state', state or 'gone'} end
        local cursor = redis.call('HGET', KEYS[1], 'cursor')
        if cursor == ARGV[3] and cursor ~= ARGV[2] then return {'ok', cursor} end
        if cursor ~= ARGV[2] then return {'cursor', cursor} end
        local length = redis.call('XLEN', KEYS[2]) + redis.call('XLEN', KEYS[3])
        if length >= tonumber(ARGV[6]) then return {'full', tostring(length)} end
        local info = redis.pcall('INFO', 'memory')
        if type(info) == 'string' then
          local used, most = string.match(info, 'used_memory:(%d+)'), string.match(info, '\nmaxmemory:(%d+)')
          if tonumber(most or 0) > 0 and tonumber(used) > 0.8 * tonumber(most) then return {'memory', used .. ' of ' .. most} end
        end
        for i = 7, #ARGV, 2 do redis.call('XADD', KEYS[2], '*', 'job', ARGV[1], 'id', ARGV[i], 'uri', ARGV[i + 1]) end
        redis.call('HSET', KEYS[1], 'cursor', ARGV[3], 'last', ARGV[4])
        redis.call('HINCRBY', KEYS[1], 'total', (#ARGV - 6) / 2)
        redis.call('HINCRBY', KEYS[1], 'malformed', ARGV[5])
        return {'ok', ARGV[3]}
        """;

    /// <summary>KEYS job. The submission is whole.</summary>
    public const string Complete = Scripts.AllowOom + """
        if redis.call('HGET', KEYS[1], 'state') == 'submitting' then redis.call('HSET', KEYS[1], 'state', 'running') end
        return redis.call('HGET', KEYS[1], 'state')
        """;

    /// <summary>
    /// KEYS job. What is left of a job that is not finished is to be acknowledged without work; gives whether there is any.
    /// </summary>
    public const string Cancel = Scripts.AllowOom + """
        local state = redis.call('HGET', KEYS[1], 'state')
        if state ~= 'submitting' and state ~= 'running' then return 0 end
        redis.call('HSET', KEYS[1], 'state', 'running', 'cancel', '1')
        return 1
        """;

    /// <summary>
    /// KEYS job, active, finisher; ARGV job, now, token, missing, problem. Marks a job finished of which nothing is left, or of which the
    /// missing items are nowhere; gives its state, <c>lost</c> where the token is no longer the finisher's.
    /// </summary>
    public const string Finish = Scripts.AllowOom + """
        local job = redis.call('HMGET', KEYS[1], 'state', 'total', 'done', 'dead', 'cancelled', 'cancel')
        if not job[1] then
          redis.call('SREM', KEYS[2], ARGV[1])
          return 'gone'
        end
        if redis.call('GET', KEYS[3]) ~= ARGV[3] then return 'lost' end
        local missing = tonumber(ARGV[4])
        local ended = (tonumber(job[3]) or 0) + (tonumber(job[4]) or 0) + (tonumber(job[5]) or 0)
        if job[1] ~= 'running' or ended + missing < (tonumber(job[2]) or 0) then return job[1] end
        local state = job[6] and 'cancelled' or (missing > 0 and 'damaged' or 'finished')
        redis.call('HSET', KEYS[1], 'state', state, 'finished', ARGV[2])
        redis.call('HDEL', KEYS[1], 'problem', 'problem_by', 'problem_seen', 'problem_since')
        if missing > 0 then redis.call('HSET', KEYS[1], 'missing', missing) end
        if state == 'damaged' then redis.call('HSET', KEYS[1], 'problem', ARGV[5]) end
        redis.call('SREM', KEYS[2], ARGV[1])
        return state
        """;

    /// <summary>KEYS job; ARGV missing. Whether all items of a running job came to an end, but for those that are missing.</summary>
    public const string Settled = Scripts.AllowOom + """
        local job = redis.call('HMGET', KEYS[1], 'state', 'total', 'done', 'dead', 'cancelled')
        local ended = (tonumber(job[3]) or 0) + (tonumber(job[4]) or 0) + (tonumber(job[5]) or 0)
        return job[1] == 'running' and ended + tonumber(ARGV[1]) >= (tonumber(job[2]) or 0) and 1 or 0
        """;

    /// <summary>
    /// KEYS job; ARGV consumer, problem. Says why a job does not go on; another worker's word stands while that one repeats it.
    /// </summary>
    public const string Tell = Scripts.AllowOom + Scripts.RecordProblem + """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        return told(KEYS[1], ARGV[1], ARGV[2])
        """;

    /// <summary>KEYS job; ARGV consumer. The consumer knows of no problem: forgets what it told, and what a silent one did.</summary>
    public const string Clear = Scripts.AllowOom + Scripts.Clock + """
        local known = redis.call('HMGET', KEYS[1], 'problem_by', 'problem_seen')
        if known[1] and known[1] ~= ARGV[1] and now() - (tonumber(known[2]) or 0) < 30000 then return 0 end
        return redis.call('HDEL', KEYS[1], 'problem', 'problem_by', 'problem_seen', 'problem_since')
        """;

    /// <summary>
    /// KEYS stream, settled; ARGV job, first id, most. Counts the job's entries of a page that are not acknowledged; gives them and the
    /// page's last id.
    /// </summary>
    public const string Census = """
        local page = redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3])
        local open = 0
        for _, entry in ipairs(page) do
          for i = 1, #entry[2], 2 do
            if entry[2][i] == 'job' and entry[2][i + 1] == ARGV[1] and not redis.call('ZSCORE', KEYS[2], entry[1]) then open = open + 1 end
          end
        end
        return {open, #page > 0 and page[#page][1] or ''}
        """;

    /// <summary>
    /// KEYS job, stream, active, intents, withdrawn; ARGV job, part, now, then ids and uris. Puts the items of a part that is being taken
    /// out of its sink into the stream again, once for each part, to be computed anew. Gives how many are put back; 0: that was done
    /// before; −1: the part is being written or settled; −2: there is no such job.
    /// </summary>
    public const string Withdraw = Scripts.AllowOom + """
        if redis.call('EXISTS', KEYS[1]) == 0 then return -2 end
        if redis.call('HEXISTS', KEYS[5], ARGV[2]) == 1 then return 0 end
        if redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return -1 end
        local items = (#ARGV - 3) / 2
        for i = 4, #ARGV, 2 do
          redis.call('XADD', KEYS[2], '*', 'job', ARGV[1], 'id', ARGV[i], 'uri', ARGV[i + 1], 'anew', 1)
        end
        local counted = math.min(items, math.max(0, tonumber(redis.call('HGET', KEYS[1], 'done')) or 0))
        redis.call('HINCRBY', KEYS[1], 'done', string.format('%d', -counted))
        if counted < items then redis.call('HINCRBY', KEYS[1], 'total', string.format('%d', items - counted)) end
        redis.call('HINCRBY', KEYS[1], 'again', items)
        if redis.call('HGET', KEYS[1], 'state') ~= 'submitting' then
          redis.call('HSET', KEYS[1], 'state', 'running')
          redis.call('HDEL', KEYS[1], 'cancel', 'finished', 'missing')
        end
        redis.call('SADD', KEYS[3], ARGV[1])
        redis.call('HSET', KEYS[5], ARGV[2], ARGV[3])
        return items
        """;

    /// <summary>
    /// KEYS job, dead, parked, intents, finisher, batch, its keeper, jobs, active, batches, open batches, stream, withdrawn; ARGV id,
    /// milliseconds, <c>1</c> for a job whose hash cannot be read and so is in nobody's way. Forgets a job that is over, and
    /// its batch; entries of the stream stay, which are acknowledged. Gives <c>removed</c>, <c>gone</c>, <c>settling</c> for one that was
    /// over only so long ago, when
    /// workers may still know it, or of which a part is being written whose entries are somebody's, or else the state that is in the way.
    /// </summary>
    public const string Remove = """
        local job = redis.pcall('HMGET', KEYS[1], 'state', 'finished', 'model')
        if job.err or ARGV[3] == '1' then job = {} end
        local state = job[1] or (job[3] and 'submitting')
        if state and state ~= 'finished' and state ~= 'cancelled' and state ~= 'damaged' then return state end
        if redis.call('SISMEMBER', KEYS[11], ARGV[1]) == 1 then
          local status = redis.pcall('HGET', KEYS[6], 'status')
          return type(status) == 'string' and status or 'open'
        end
        if state then
          local age = redis.call('TIME')[1] * 1000 - (tonumber(job[2]) or 0)
          local writing = false
          for _, ids in ipairs(redis.call('HVALS', KEYS[4])) do
            for id in string.gmatch(ids, '[^,]+') do
              local row = redis.pcall('XPENDING', KEYS[12], 'vitgrid', id, id, 1)
              writing = writing or (not row.err and #row > 0)
            end
          end
          if writing or (age >= 0 and age < tonumber(ARGV[2])) then return 'settling' end
        end
        local removed = redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[13])
          + redis.call('ZREM', KEYS[8], ARGV[1]) + redis.call('SREM', KEYS[9], ARGV[1]) + redis.call('ZREM', KEYS[10], ARGV[1])
        return removed > 0 and 'removed' or 'gone'
        """;
}

namespace VitGrid.Indexing.Queue;

/// <summary>
/// What must happen in Redis at once or not at all. Each script may be sent again when its answer was lost: the second time it finds its
/// work done. Only the owner of a pending entry may settle it, so that a process which was taken for dead can do no harm when it wakes up.
/// </summary>
internal static class Scripts
{
    /// <summary>
    /// Lets a worker's script write although Redis is above its <c>maxmemory</c>: what it settles makes room, and what submits waits
    /// below. Needs Redis 7; see
    /// <see cref="WithoutFlags"/>.
    /// </summary>
    internal const string AllowOom = "#!lua flags=allow-oom\n";

    /// <summary>Milliseconds since 1970 by Redis' clock, and an entry's milliseconds.</summary>
    internal const string Clock = """
        local function now()
          local time = redis.call('TIME')
          return time[1] * 1000 + math.floor(time[2] / 1000)
        end

        """;

    /// <summary>Sets a job's problem unless another worker has told one and is still at it; it keeps the time at which it began.</summary>
    internal const string RecordProblem = Clock + """
        local function told(key, consumer, problem)
          local known = redis.call('HMGET', key, 'problem', 'problem_by', 'problem_seen', 'problem_since')
          if known[1] and known[2] and known[2] ~= consumer and now() - (tonumber(known[3]) or 0) < 30000 then return 0 end
          local since = known[1] and known[4] or now()
          redis.call('HSET', key, 'problem', problem, 'problem_by', consumer, 'problem_seen', now(), 'problem_since', since)
          return 1
        end

        """;

    private const string Acknowledge = """
        local function acknowledge(id)
          local open = redis.call('XACK', KEYS[1], 'vitgrid', id)
          if open == 1 then redis.call('ZADD', KEYS[#KEYS], string.match(id, '%d+'), id) end
          return open
        end

        """;

    /// <summary>The deliveries of an entry that is the consumer's own, nil of any other.</summary>
    private const string Owned = """
        local function owned(id)
          local row = redis.call('XPENDING', KEYS[1], 'vitgrid', id, id, 1)[1]
          return row and row[2] == ARGV[1] and row[4] or nil
        end

        """;

    /// <summary>Adds to a count; one that is none begins anew, and a hash that is none keeps nobody from going on.</summary>
    private const string Count = """
        local function count(key, field, by)
          local counted = redis.pcall('HINCRBY', key, field, by)
          if type(counted) == 'table' and counted.err then redis.pcall('HSET', key, field, by) end
        end

        """;

    private const string FieldsOf = """
        local function fields(entry)
          local map = {}
          for i = 1, #entry[2], 2 do map[entry[2][i]] = entry[2][i + 1] end
          return map
        end

        """;

    /// <summary>
    /// KEYS stream, intents; ARGV consumer, part, ids… Notes that the part is about to be written, if all entries are the consumer's own;
    /// else gives those that are not.
    /// </summary>
    public const string Intend = AllowOom + Owned + """
        local lost = {}
        for i = 3, #ARGV do
          if not owned(ARGV[i]) then lost[#lost + 1] = ARGV[i] end
        end
        if #lost == 0 then redis.call('HSET', KEYS[2], ARGV[2], table.concat(ARGV, ',', 3)) end
        return lost
        """;

    /// <summary>
    /// KEYS stream, intents, job, settled; ARGV part. The part is in the sink: acknowledges its entries, counts them, forgets the intent.
    /// </summary>
    public const string Settle = AllowOom + Acknowledge + Count + """
        local ids = redis.call('HGET', KEYS[2], ARGV[1])
        if not ids then return 0 end
        local done = 0
        for id in string.gmatch(ids, '[^,]+') do done = done + acknowledge(id) end
        count(KEYS[3], 'done', done)
        redis.call('HDEL', KEYS[2], ARGV[1])
        return done
        """;

    /// <summary>
    /// KEYS stream, job, dead, settled; ARGV consumer, then of each entry its id, item, uri, code, message, request id. Gives how many went
    /// to the dead letters.
    /// </summary>
    public const string DeadLetter = AllowOom + Owned + Acknowledge + Count + """
        local letters = 0
        for i = 2, #ARGV, 6 do
          if owned(ARGV[i]) then
            redis.call('XADD', KEYS[3], '*', 'id', ARGV[i + 1], 'uri', ARGV[i + 2], 'code', ARGV[i + 3], 'message', ARGV[i + 4],
              'request_id', ARGV[i + 5])
            acknowledge(ARGV[i])
            letters = letters + 1
          end
        end
        if redis.call('EXISTS', KEYS[2]) == 1 then count(KEYS[2], 'dead', letters) end
        return letters
        """;

    /// <summary>KEYS stream, job, settled; ARGV consumer, ids… Acknowledges entries of a cancelled job without work.</summary>
    public const string Skip = AllowOom + Owned + Acknowledge + Count + """
        local skipped = 0
        for i = 2, #ARGV do
          if owned(ARGV[i]) then skipped = skipped + acknowledge(ARGV[i]) end
        end
        count(KEYS[2], 'cancelled', skipped)
        return skipped
        """;

    /// <summary>
    /// KEYS stream, parked, job, settled; ARGV consumer, reason, then of each entry its id, item, uri, lost deliveries and whether it is to
    /// be computed anew. Sets entries aside that nobody can work on now; what was lost stays lost.
    /// </summary>
    public const string Defer = AllowOom + RecordProblem + Owned + Acknowledge + """
        for i = 3, #ARGV, 5 do
          if owned(ARGV[i]) then
            redis.call('XADD', KEYS[2], '*', 'id', ARGV[i + 1], 'uri', ARGV[i + 2], 'lost', ARGV[i + 3], 'anew', ARGV[i + 4])
            acknowledge(ARGV[i])
          end
        end
        told(KEYS[3], ARGV[1], ARGV[2])
        return redis.call('XLEN', KEYS[2])
        """;

    /// <summary>
    /// KEYS from, stream, job, active; ARGV job, most, <c>dead</c> or <c>parked</c>. Puts entries back into the stream, those that
    /// were parked with their lost deliveries; gives how many.
    /// </summary>
    public const string Return = AllowOom + FieldsOf + """
        local page = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[2])
        for _, entry in ipairs(page) do
          local item = fields(entry)
          redis.call('XADD', KEYS[2], '*', 'job', ARGV[1], 'id', item.id, 'uri', item.uri, 'lost', item.lost or 0,
            'anew', item.anew or 0)
          redis.call('XDEL', KEYS[1], entry[1])
        end
        if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
        if #page > 0 and ARGV[3] == 'dead' then
          local counted = math.min(#page, math.max(0, tonumber(redis.call('HGET', KEYS[3], 'dead')) or 0))
          redis.call('HINCRBY', KEYS[3], 'dead', string.format('%d', -counted))
          if counted < #page then redis.call('HINCRBY', KEYS[3], 'total', #page - counted) end
          if redis.call('HGET', KEYS[3], 'state') ~= 'submitting' then
            redis.call('HSET', KEYS[3], 'state', 'running')
            redis.call('HDEL', KEYS[3], 'cancel', 'finished', 'missing')
          end
          redis.call('SADD', KEYS[4], ARGV[1])
        end
        return #page
        """;

    /// <summary>
    /// KEYS stream; ARGV consumer, least idle milliseconds, most. Takes over entries whose owner is silent: rows of id, fields, deliveries.
    /// </summary>
    public const string Claim = AllowOom + """
        local taken = {}
        for _, row in ipairs(redis.call('XPENDING', KEYS[1], 'vitgrid', 'IDLE', ARGV[2], '-', '+', ARGV[3])) do
          for _, entry in ipairs(redis.call('XCLAIM', KEYS[1], 'vitgrid', ARGV[1], ARGV[2], row[1])) do
            taken[#taken + 1] = {entry[1], entry[2], row[4] + 1}
          end
        end
        return taken
        """;

    /// <summary>
    /// KEYS stream; ARGV consumer, ids… Shows that the consumer is still at work on them; gives those that are no longer its own.
    /// </summary>
    public const string Renew = AllowOom + Owned + """
        local lost = {}
        for i = 2, #ARGV do
          if owned(ARGV[i]) then redis.call('XCLAIM', KEYS[1], 'vitgrid', ARGV[1], 0, ARGV[i], 'JUSTID')
          else lost[#lost + 1] = ARGV[i] end
        end
        return lost
        """;

    /// <summary>
    /// KEYS stream; ARGV consumer, idle milliseconds, ids… Lets others take them: they look as if untouched for so long, and this
    /// delivery is not counted.
    /// </summary>
    public const string Leave = AllowOom + Owned + """
        for i = 3, #ARGV do
          local deliveries = owned(ARGV[i])
          if deliveries then
            local lost = math.max(0, deliveries - 1)
            redis.call('XCLAIM', KEYS[1], 'vitgrid', ARGV[1], 0, ARGV[i], 'IDLE', ARGV[2], 'RETRYCOUNT', lost, 'JUSTID')
          end
        end
        return 0
        """;

    /// <summary>
    /// KEYS stream, settled. Cuts off what every group has read and acknowledged, never more, since the lag that others scale by would be
    /// wrong for good; forgets consumers that hold nothing and were silent for an hour. Gives the stream's length, the group's pending
    /// entries and its lag, −1 where Redis does not know it.
    /// </summary>
    public const string Upkeep = AllowOom + """
        local function map(flat)
          local m = {}
          for i = 1, #flat, 2 do m[flat[i]] = flat[i + 1] end
          return m
        end
        local function before(a, b)
          local am, as = string.match(a, '(%d+)-(%d+)')
          local bm, bs = string.match(b, '(%d+)-(%d+)')
          if am ~= bm then return tonumber(am) < tonumber(bm) end
          return tonumber(as) < tonumber(bs)
        end
        if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOGROUP the stream is gone') end
        local lowest, ours
        for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
          local group = map(flat)
          local safe = group['last-delivered-id']
          if group.pending > 0 then safe = redis.call('XPENDING', KEYS[1], group.name)[2] end
          if not lowest or before(safe, lowest) then lowest = safe end
          if group.name == 'vitgrid' then ours = group end
        end
        if not ours then return redis.error_reply('NOGROUP the group is gone') end
        redis.call('XTRIM', KEYS[1], 'MINID', lowest)
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. string.match(lowest, '%d+'))
        for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], 'vitgrid')) do
          local consumer = map(flat)
          if consumer.pending == 0 and consumer.idle > 3600000 then
            redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'vitgrid', consumer.name)
          end
        end
        return {redis.call('XLEN', KEYS[1]), ours.pending, ours.lag or -1}
        """;

    /// <summary>
    /// KEYS stream, settled. Makes stream and group where they are missing. Entries that were acknowledged before a group was lost are
    /// taken out first, since the new one begins with the first entry. Gives whether it made one.
    /// </summary>
    public const string EnsureGroup = AllowOom + """
        if redis.call('EXISTS', KEYS[1]) == 1 then
          for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
            for i = 1, #flat, 2 do
              if flat[i] == 'name' and flat[i + 1] == 'vitgrid' then return 0 end
            end
          end
          for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('XDEL', KEYS[1], id) end
        end
        redis.call('DEL', KEYS[2])
        redis.call('XGROUP', 'CREATE', KEYS[1], 'vitgrid', '0-0', 'MKSTREAM')
        return 1
        """;

    /// <summary>The script as Redis before 7 takes it.</summary>
    public static string WithoutFlags(string script) =>
        script.StartsWith(AllowOom, StringComparison.Ordinal) ? script[AllowOom.Length..] : script;

    /// <summary>Whether Redis did not compile a script because of its flags.</summary>
    public static bool AreFlagsUnknown(string message) =>
        message.Contains("compiling script", StringComparison.Ordinal) && message.Contains("near '#'", StringComparison.Ordinal);
}

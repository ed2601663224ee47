namespace VitGrid.Indexing.Queue;

/// <summary>
/// What must happen in Redis at once or not at all. Each script may be sent again when its answer was lost: the second time it finds its
/// work done. Only the owner of a pending entry may settle it, so that a process which was taken for dead can do no harm when it wakes up.
/// </summary>
internal static class Scripts
{
    private const string Owned = """
        local function owned(id)
          local row = redis.call('XPENDING', KEYS[1], 'vitgrid', id, id, 1)[1]
          return row and row[2] == ARGV[1]
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
    public const string Intend = Owned + """
        local lost = {}
        for i = 3, #ARGV do
          if not owned(ARGV[i]) then lost[#lost + 1] = ARGV[i] end
        end
        if #lost == 0 then redis.call('HSET', KEYS[2], ARGV[2], table.concat(ARGV, ',', 3)) end
        return lost
        """;

    /// <summary>
    /// KEYS stream, intents, job; ARGV part. The part is in the sink: acknowledges its entries, counts them, forgets the intent.
    /// </summary>
    public const string Settle = """
        local ids = redis.call('HGET', KEYS[2], ARGV[1])
        if not ids then return 0 end
        local done = 0
        for id in string.gmatch(ids, '[^,]+') do done = done + redis.call('XACK', KEYS[1], 'vitgrid', id) end
        redis.call('HINCRBY', KEYS[3], 'done', done)
        redis.call('HDEL', KEYS[2], ARGV[1])
        return done
        """;

    /// <summary>
    /// KEYS stream, job, dead; ARGV consumer, then of each entry its id, item, uri, code, message. Gives how many went to the dead letters.
    /// </summary>
    public const string Bury = Owned + """
        local buried = 0
        for i = 2, #ARGV, 5 do
          if owned(ARGV[i]) then
            redis.call('XADD', KEYS[3], '*', 'id', ARGV[i + 1], 'uri', ARGV[i + 2], 'code', ARGV[i + 3], 'message', ARGV[i + 4])
            redis.call('XACK', KEYS[1], 'vitgrid', ARGV[i])
            buried = buried + 1
          end
        end
        if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HINCRBY', KEYS[2], 'dead', buried) end
        return buried
        """;

    /// <summary>KEYS stream, job; ARGV consumer, ids… Acknowledges entries of a cancelled job without work.</summary>
    public const string Waive = Owned + """
        local waived = 0
        for i = 2, #ARGV do
          if owned(ARGV[i]) then waived = waived + redis.call('XACK', KEYS[1], 'vitgrid', ARGV[i]) end
        end
        redis.call('HINCRBY', KEYS[2], 'cancelled', waived)
        return waived
        """;

    /// <summary>
    /// KEYS stream, parked, job; ARGV consumer, reason, then of each entry its id, item, uri. Sets entries aside that nobody can work on
    /// now.
    /// </summary>
    public const string Park = Owned + """
        for i = 3, #ARGV, 3 do
          if owned(ARGV[i]) then
            redis.call('XADD', KEYS[2], '*', 'id', ARGV[i + 1], 'uri', ARGV[i + 2])
            redis.call('XACK', KEYS[1], 'vitgrid', ARGV[i])
          end
        end
        redis.call('HSET', KEYS[3], 'problem', ARGV[2])
        return redis.call('XLEN', KEYS[2])
        """;

    /// <summary>
    /// KEYS from, stream, job, active; ARGV job, most, <c>dead</c> or <c>parked</c>. Puts entries back into the stream; gives how many.
    /// </summary>
    public const string Return = FieldsOf + """
        local page = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[2])
        for _, entry in ipairs(page) do
          local item = fields(entry)
          redis.call('XADD', KEYS[2], '*', 'job', ARGV[1], 'id', item.id, 'uri', item.uri)
          redis.call('XDEL', KEYS[1], entry[1])
        end
        if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
        if #page > 0 and ARGV[3] == 'dead' then
          redis.call('HINCRBY', KEYS[3], 'dead', -#page)
          if redis.call('HGET', KEYS[3], 'state') ~= 'submitting' then
            redis.call('HSET', KEYS[3], 'state', 'running')
            redis.call('HDEL', KEYS[3], 'cancel', 'finished')
          end
          redis.call('SADD', KEYS[4], ARGV[1])
        end
        return #page
        """;

    /// <summary>
    /// KEYS stream; ARGV consumer, least idle milliseconds, most. Takes over entries whose owner is silent: rows of id, fields, deliveries.
    /// </summary>
    public const string Claim = """
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
    public const string Renew = Owned + """
        local lost = {}
        for i = 2, #ARGV do
          if owned(ARGV[i]) then redis.call('XCLAIM', KEYS[1], 'vitgrid', ARGV[1], 0, ARGV[i], 'JUSTID')
          else lost[#lost + 1] = ARGV[i] end
        end
        return lost
        """;

    /// <summary>
    /// KEYS stream; ARGV consumer, idle milliseconds, ids… Lets others take them: they look as if untouched for so long, and had by nobody.
    /// </summary>
    public const string Leave = Owned + """
        for i = 3, #ARGV do
          if owned(ARGV[i]) then redis.call('XCLAIM', KEYS[1], 'vitgrid', ARGV[1], 0, ARGV[i], 'IDLE', ARGV[2], 'RETRYCOUNT', 0, 'JUSTID') end
        end
        return 0
        """;

    /// <summary>
    /// KEYS stream. Cuts off what every group has read and acknowledged, never more, since the lag that others scale by would be wrong for
    /// good; forgets consumers that hold nothing and were silent for an hour. Gives the stream's length, the group's pending entries and
    /// its lag, −1 where Redis does not know it.
    /// </summary>
    public const string Upkeep = """
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
        for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], 'vitgrid')) do
          local consumer = map(flat)
          if consumer.pending == 0 and consumer.idle > 3600000 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'vitgrid', consumer.name) end
        end
        return {redis.call('XLEN', KEYS[1]), ours.pending, ours.lag or -1}
        """;
}

namespace VitGrid.Probe;

/// <summary>Remembers which probed points of an instrumented program ran since the last reading.</summary>
public static class HitProbe
{
    private static byte[] _hits = [];

    /// <summary>Makes room for <paramref name="points"/> points; called once, before any point runs.</summary>
    /// <param name="points">How many were instrumented; points are numbered from 0.</param>
    public static void Prepare(int points) => _hits = new byte[points];

    /// <summary>Notes that a point ran. Called by instrumented code, from any thread.</summary>
    /// <param name="point">Its number.</param>
    public static void Hit(int point) => _hits[point] = 1;

    /// <summary>Lists the points that ran since the last reading and forgets them.</summary>
    /// <returns>Their numbers in ascending order.</returns>
    public static IReadOnlyList<int> Read()
    {
        List<int> read = [];
        for (int point = 0; point < _hits.Length; point++)
        {
            if (_hits[point] == 0)
                continue;
            _hits[point] = 0;
            read.Add(point);
        }
        return read;
    }
}

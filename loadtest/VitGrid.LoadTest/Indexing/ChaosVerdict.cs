using System.Globalization;
using System.Text.Json;

namespace VitGrid.LoadTest.Indexing;

/// <summary>What is in the sink and in the dead letters against what must be there. Pure.</summary>
/// <param name="Missing">Good images without a vector.</param>
/// <param name="Doubled">Ids that are there more than once.</param>
/// <param name="Foreign">Ids that should not be there.</param>
/// <param name="Wrong">Vectors that differ from what <c>embed</c> gives by more than <see cref="Tolerance"/>.</param>
/// <param name="Largest">The largest difference of two numbers.</param>
/// <param name="WrongDead">Dead letters that are missing, too many, or have another code.</param>
internal sealed record ChaosVerdict(int Missing, int Doubled, int Foreign, int Wrong, double Largest, int WrongDead)
{
    /// <summary>Largest difference of two numbers of unit vectors that may come from other batches.</summary>
    public const double Tolerance = 1e-5;

    public bool Passed => Missing + Doubled + Foreign + Wrong + WrongDead == 0;

    /// <param name="expected">Id → vector.</param>
    /// <param name="sink">Lines of the sink.</param>
    /// <param name="broken">Id → code.</param>
    /// <param name="dead">Lines of the dead letters.</param>
    public static ChaosVerdict From(
        IReadOnlyDictionary<string, float[]> expected, IEnumerable<string> sink, IReadOnlyDictionary<string, string> broken,
        IEnumerable<string> dead)
    {
        HashSet<string> seen = [];
        (int doubled, int foreign, int wrong, double largest) = (0, 0, 0, 0);
        foreach (string line in sink)
        {
            (string id, float[] vector) = Read(line, "id");
            if (!seen.Add(id))
                doubled++;
            if (!expected.TryGetValue(id, out float[]? right))
            {
                foreign++;
                continue;
            }
            double difference = Difference(vector, right);
            largest = Math.Max(largest, difference);
            if (difference > Tolerance)
                wrong++;
        }
        (string Id, string Code)[] letters = [
            .. dead.Select(line => JsonDocument.Parse(line).RootElement).Select(
                letter => (letter.GetProperty("id").GetString()!, letter.GetProperty("code").GetString()!))];
        int wrongDead = letters.Count(letter => broken.GetValueOrDefault(letter.Id) != letter.Code)
            + broken.Keys.Except(letters.Select(letter => letter.Id)).Count()
            + letters.Length - letters.DistinctBy(letter => letter.Id).Count();
        return new(expected.Keys.Except(seen).Count(), doubled, foreign, wrong, largest, wrongDead);
    }

    /// <summary>A line of vectors: what it is called by, and the numbers.</summary>
    public static (string Name, float[] Vector) Read(string line, string name)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        return (json.GetProperty(
            name).GetString()!, [.. json.GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())]);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"missing {Missing}, doubled {Doubled}, foreign {Foreign}, wrong vectors {Wrong} (largest difference {Largest:g2}), wrong dead "
            + $"letters {WrongDead}");

    private static double Difference(float[] one, float[] other) =>
        one.Length != other.Length ? double.PositiveInfinity : one.Zip(other, (left, right) => (double)Math.Abs(left - right)).Max();
}

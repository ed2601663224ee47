using VitGrid.Cluster.Contracts;

namespace VitGrid.Cluster.Planning.Ledger;

/// <summary>
/// Which models the grid serves. Of two workers that have different weights, precision or images under one name, only those that agree
/// with what already serves (else with most workers) take part: a pipeline is never mixed.
/// </summary>
internal sealed class ModelRegistry
{
    private readonly Dictionary<string, ModelCard> _cards = [];
    private readonly Dictionary<string, string> _conflicts = [];

    public IEnumerable<ModelCard> Cards => _cards.Values.OrderBy(card => card.Name, StringComparer.Ordinal);

    /// <summary>What is wrong with a model's workers; null when they agree.</summary>
    public string? Conflict(string model) => _conflicts.GetValueOrDefault(model);

    /// <summary>Reads the workers' cards anew; models in <paramref name="inUse"/> keep the identity that serves.</summary>
    public void Read(IReadOnlyList<WorkerReport> reports, IReadOnlySet<string> inUse)
    {
        foreach (string unused in _cards.Keys.Where(name => !inUse.Contains(name)).ToArray())
            _cards.Remove(unused);
        _conflicts.Clear();
        foreach (IGrouping<string, (ModelCard Card, string Node)> same in reports
            .SelectMany(report => report.Models.Select(card => (card, report.Address.Node)))
            .GroupBy(pair => pair.card.Name))
        {
            Choose(same.Key, [.. same]);
        }
    }

    /// <summary>Names of the models that a worker can serve under the identity the grid serves.</summary>
    public ImmutableHashSet<string> ServedBy(WorkerReport report) =>
        [.. report.Models.Where(card => _cards.TryGetValue(card.Name, out ModelCard? chosen) && card.Identity == chosen.Identity).Select(
            card => card.Name)];

    public IEnumerable<GridModel> Models() => Cards.Select(card => card.Facts().ToPlan(card.Name));

    private void Choose(string model, (ModelCard Card, string Node)[] offered)
    {
        if (!_cards.TryGetValue(model, out ModelCard? chosen))
        {
            chosen = offered.GroupBy(pair => pair.Card.Identity).OrderByDescending(group => group.Count()).ThenBy(
                group => group.Key, StringComparer.Ordinal).First().First().Card;
            _cards[model] = chosen;
        }
        (ModelCard Card, string Node)[] apart = [.. offered.Where(pair => pair.Card.Identity != chosen.Identity)];
        string[] others = [.. apart.Select(pair => pair.Node)];
        if (others.Length > 0 && ArithmeticAlone(chosen, apart.Select(pair => pair.Card)) is { } computed)
        {
            _conflicts[model] = $"{string.Join(", ", others)} compute(s) '{model}' as {computed}, and "
                + $"{chosen.Facts().Arithmetic} is served; one name stands for one arithmetic: give the model another name there "
                + "(Models:0:Name), or devices of the same kind";
        }
        else if (others.Length > 0)
        {
            _conflicts[model] = $"{string.Join(", ", others)} hold(s) other weights, precision or preprocessing under the name '{model}' "
                + $"than fingerprint {chosen.Fingerprint}, "
                + "which is served; give them the same files and settings, or another name";
        }
    }

    /// <summary>What cards compute in that differ from the chosen one in that alone; null where they differ in more.</summary>
    private static string? ArithmeticAlone(ModelCard chosen, IEnumerable<ModelCard> others)
    {
        string served = chosen.Facts().Arithmetic;
        string[] computed = [.. others.Select(card => card.Identity.Replace(
            $":{card.Facts().Arithmetic}:", $":{served}:", StringComparison.Ordinal) == chosen.Identity ? card.Facts().Arithmetic : "")];
        return computed.Contains("") ? null : string.Join(" and ", computed.Distinct());
    }
}

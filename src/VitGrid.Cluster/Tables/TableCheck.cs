using System.Text.Json;
using VitGrid.Cluster.Contracts;
using VitGrid.Engine.Caching;

namespace VitGrid.Cluster.Tables;

/// <summary>Whether a table that another process passed on can be one: whole, and not from nowhere. Pure.</summary>
internal static class TableCheck
{
    /// <summary>What is wrong with <paramref name="table"/>; null when nothing is.</summary>
    /// <param name="table">As it was read.</param>
    /// <param name="known">Version of the newest table known here.</param>
    public static string? Fault(GridTable table, long known)
    {
        if (!TableOrder.IsPlausible(table.Version, known))
            return $"its version {table.Version} is no successor of {known}";
        if (table.Models.IsDefault || table.Nodes.IsDefault)
            return "it has no models or no workers";
        if (table.RecallRows.Length > VectorRecalls.MaxHeld || table.RecallRows.Any(recall => recall is not { Device.Length: > 0 }))
            return "its recalls are more than there can be, or not whole";
        return table.Nodes.Any(node => !IsWhole(node)) ? "a worker in it is not whole"
            : table.Models.Any(model => !IsWhole(model)) ? "a model in it is not whole" : null;
    }

    private static bool IsWhole(NodeRow? row) => row is { Address: { } address, Devices.IsDefault: false } && IsWhole(address)
        && row.SickDevices.All(sick => sick is { Device: not null, Reason: not null });

    private static bool IsWhole(NodeAddress? address) => address is { Node: not null };

    private static bool IsWhole(ModelRow? row) =>
        row is { Card: { Name: not null } card, Replicas.IsDefault: false } && HasFacts(card) && row.Replicas.All(IsWhole);

    private static bool IsWhole(ReplicaRow? row) =>
        row is { Stages.IsDefault: false, Layout: { Key.Model: not null, Stages: { IsDefault: false, Length: > 0 } stages } }
            && stages.All(stage => IsWhole(stage?.Node));

    private static bool HasFacts(ModelCard card)
    {
        try
        {
            return card.FactsJson is not null && card.Facts() is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

using VitGrid.Engine.Models;
using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Planning;

/// <summary>Shows models to the planner.</summary>
internal static class PlannedFacts
{
    /// <summary>The model as the planner sees it.</summary>
    public static GridModel ToPlan(this ModelFacts facts, string name) => new()
    {
        Name = name,
        Beside = TextTowerName.IsOne(name) ? TextTowerName.Served(name) : null,
        Costs = facts.Costs,
        Precision = facts.Precision,
        Compute = facts.Compute ?? ActivationType.Float32,
        Segments = facts.Segments,
        Replicas = facts.Replicas,
        BatchSize = facts.MaxBatchSize,
    };
}

using VitGrid.Engine.Models;

namespace VitGrid.Cluster.Planning;

/// <summary>Shows models to the planner.</summary>
internal static class PlannedFacts
{
    /// <summary>The model as the planner sees it.</summary>
    public static GridModel ToPlan(this ModelFacts facts, string name) => new()
    {
        Name = name,
        Costs = facts.Costs,
        Precision = facts.Precision,
        Segments = facts.Segments,
        Replicas = facts.Replicas,
        BatchSize = facts.MaxBatchSize,
    };
}

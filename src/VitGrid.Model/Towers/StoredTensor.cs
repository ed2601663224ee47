using System.Collections.Immutable;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Towers;

/// <summary>A stored tensor and what it is to the encoder.</summary>
/// <param name="Tensor">Its full name and shape.</param>
/// <param name="Roles">Its role; several for equal runs of its rows, such as q, k and v.</param>
internal sealed record StoredTensor(ExpectedTensor Tensor, ImmutableArray<string> Roles)
{
    /// <summary>A class token, registers, positions, a table.</summary>
    public static StoredTensor Token(string name, string role, params ReadOnlySpan<long> shape) =>
        new(new(name, WeightKind.Token, [.. shape]), [role]);

    /// <summary>A factor on a branch's output, [D].</summary>
    public static StoredTensor Scale(string name, string role, int width) =>
        new(new(name, WeightKind.LayerScale, [width]), [Towers.Roles.Weight(role)]);

    /// <summary>A norm.</summary>
    public static IEnumerable<StoredTensor> Norm(string stem, string role, int width, bool bias = true)
    {
        yield return new(new(WeightOf(stem), WeightKind.NormWeight, [width]), [Towers.Roles.Weight(role)]);
        if (bias)
            yield return new(new(BiasOf(stem), WeightKind.Bias, [width]), [Towers.Roles.Bias(role)]);
    }

    /// <summary>A linear layer [out, in], or several in one whose rows are equal parts.</summary>
    public static IEnumerable<StoredTensor> Linear(string stem, long outputs, long inputs, bool bias, params string[] roles)
    {
        yield return new(new(WeightOf(stem), WeightKind.Matrix, [outputs, inputs]), [.. roles.Select(Towers.Roles.Weight)]);
        if (bias)
            yield return new(new(BiasOf(stem), WeightKind.Bias, [outputs]), [.. roles.Select(Towers.Roles.Bias)]);
    }

    /// <summary>The name of a stem's weight: <c>norm.weight</c>, and <c>in_proj_weight</c> of the stem <c>in_proj_</c>.</summary>
    public static string WeightOf(string stem) => stem.EndsWith('_') ? stem + "weight" : stem + ".weight";

    /// <summary>The name of a stem's bias.</summary>
    public static string BiasOf(string stem) => stem.EndsWith('_') ? stem + "bias" : stem + ".bias";
}

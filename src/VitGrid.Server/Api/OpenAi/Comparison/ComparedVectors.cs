using System.Numerics.Tensors;
using VitGrid.Client;
using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Models;
using VitGrid.Model.Encoders;
using VitGrid.Server.Api.Protocols;

namespace VitGrid.Server.Api.OpenAi.Comparison;

/// <summary>The vectors of an answered request as they are compared: of length one.</summary>
internal static class ComparedVectors
{
    /// <summary>The vectors of some inputs of an answer, of length one.</summary>
    public static float[][] Units(EmbeddingAnswer answer, int first, int count) =>
        [.. answer.Outcomes.Skip(first).Take(count).Select(outcome => UnitLength.Normalize(outcome.Result!.Vector.Span))];

    /// <summary>The mean of vectors, brought to length one: what a label is with several templates.</summary>
    public static float[] Mean(ReadOnlySpan<float[]> units)
    {
        if (units.Length == 1)
            return units[0];
        float[] sum = new float[units[0].Length];
        foreach (float[] unit in units)
            TensorPrimitives.Add<float>(sum, unit, sum);
        return UnitLength.Normalize(sum);
    }

    /// <summary>The cosine of two vectors of length one.</summary>
    public static float Cosine(float[] first, float[] second) => Math.Clamp(TensorPrimitives.Dot<float>(first, second), -1, 1);

    /// <summary>The model's own scale, bias and function; null: it compares no texts with images.</summary>
    public static LogitFacts? LogitsOf(ModelInfo model) => model.TakesImages ? model.TextTower?.Text?.Logits : null;

    /// <summary>What was computed or served.</summary>
    public static EmbeddingsUsage UsageOf(EmbeddingAnswer answer)
    {
        int tokens = answer.Outcomes.Sum(outcome => outcome.Result?.Tokens ?? 0);
        return new(tokens, tokens, answer.Outcomes.Count(outcome => !outcome.IsText));
    }
}

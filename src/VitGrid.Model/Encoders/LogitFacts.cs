using System.Numerics.Tensors;

namespace VitGrid.Model.Encoders;

/// <summary>What makes probabilities of logits.</summary>
public enum ScoreFunction
{
    /// <summary>Over all texts of an image, which add up to one: CLIP.</summary>
    Softmax,

    /// <summary>Of each pair by itself: SigLIP.</summary>
    Sigmoid,
}

/// <summary>
/// How a checkpoint of two towers holds texts against images: logit = scale · (text · image) + bias, both vectors of length one.
/// </summary>
/// <param name="Scale">e to the power of the stored <c>logit_scale</c>.</param>
/// <param name="Bias">The stored <c>logit_bias</c>; 0 where there is none.</param>
/// <param name="Function">What makes probabilities of logits.</param>
public sealed record LogitFacts(double Scale, double Bias, ScoreFunction Function)
{
    /// <summary>The logit of one pair, summed in double precision.</summary>
    /// <param name="text">A text's vector of length one.</param>
    /// <param name="image">An image's, of as many numbers.</param>
    /// <exception cref="ArgumentException">Their lengths differ.</exception>
    public double Logit(ReadOnlySpan<float> text, ReadOnlySpan<float> image)
    {
        if (text.Length != image.Length)
            throw new ArgumentException($"a text's vector has {text.Length} numbers and an image's {image.Length}", nameof(image));
        double sum = 0;
        for (int i = 0; i < text.Length; i++)
            sum += (double)text[i] * image[i];
        return (Scale * sum) + Bias;
    }

    /// <summary>The probabilities of one image's logits over texts.</summary>
    public double[] Scores(ReadOnlySpan<double> logits)
    {
        double[] scores = new double[logits.Length];
        if (Function == ScoreFunction.Sigmoid)
            TensorPrimitives.Sigmoid(logits, scores);
        else if (logits.Length > 0)
            SoftMax(logits, scores);
        return scores;
    }

    /// <summary>The largest is taken off first: e to its power would be infinite long before the probabilities are.</summary>
    private static void SoftMax(ReadOnlySpan<double> logits, double[] scores)
    {
        double largest = TensorPrimitives.Max(logits), sum = 0;
        for (int i = 0; i < scores.Length; i++)
            sum += scores[i] = Math.Exp(logits[i] - largest);
        for (int i = 0; i < scores.Length; i++)
            scores[i] /= sum;
    }
}

using System.Numerics.Tensors;

namespace VitGrid.Page.Trying;

/// <summary>
/// The three directions in which the patches of all images differ most: fitted once over all of them, so that a colour means the same in
/// each image, and with signs that do not depend on chance. Found by power iteration, one after another, each free of those before it.
/// </summary>
internal sealed class PrincipalComponents
{
    /// <summary>How many there are: a colour has three channels.</summary>
    public const int Count = 3;

    private const int MaxSamples = 1_024, Iterations = 60;

    // Brightest and darkest lie so many deviations from the middle.
    private const float Spread = 2.2f;

    private readonly float[] _mean;
    private readonly float[][] _directions;
    private readonly float[] _deviations;

    private PrincipalComponents(float[] mean, float[][] directions, float[] deviations) =>
        (_mean, _directions, _deviations) = (mean, directions, deviations);

    /// <summary>The directions, each of length 1.</summary>
    public IReadOnlyList<float[]> Directions => _directions;

    /// <summary>Fits them over the patches of all images, of which at most some thousand are looked at, evenly chosen.</summary>
    /// <param name="images">At least one, all of one width.</param>
    public static PrincipalComponents Fit(IReadOnlyList<PatchFeatures> images)
    {
        int width = images[0].Width, all = images.Sum(image => image.Count), step = Math.Max(1, (all + MaxSamples - 1) / MaxSamples);
        List<float[]> samples = [];
        float[] mean = new float[width];
        int number = 0;
        foreach (PatchFeatures image in images)
        {
            for (int patch = 0; patch < image.Count; patch++)
            {
                if (number++ % step != 0)
                    continue;
                samples.Add(image[patch].ToArray());
                TensorPrimitives.Add(mean, image[patch], mean);
            }
        }
        TensorPrimitives.Divide(mean, samples.Count, mean);
        foreach (float[] sample in samples)
            TensorPrimitives.Subtract(sample, mean, sample);
        List<float[]> directions = [];
        List<float> deviations = [];
        for (int component = 0; component < Count; component++)
        {
            float[] direction = Strongest(samples, directions, width);
            directions.Add(direction);
            deviations.Add(MathF.Sqrt(samples.Sum(sample => Square(TensorPrimitives.Dot<float>(sample, direction))) / samples.Count));
        }
        return new(mean, [.. directions], [.. deviations]);
    }

    /// <summary>Red, green and blue of each patch.</summary>
    public byte[] Colours(PatchFeatures image)
    {
        byte[] colours = new byte[image.Count * Count];
        float[] centred = new float[image.Width];
        for (int patch = 0; patch < image.Count; patch++)
        {
            TensorPrimitives.Subtract(image[patch], _mean, centred);
            for (int component = 0; component < Count; component++)
            {
                float scale = Spread * Math.Max(_deviations[component], 1e-12f);
                float place = TensorPrimitives.Dot<float>(centred, _directions[component]) / scale;
                colours[(patch * Count) + component] = (byte)Math.Clamp(127.5f * (1 + place), 0, 255);
            }
        }
        return colours;
    }

    private static float[] Strongest(List<float[]> samples, List<float[]> before, int width)
    {
        // Any beginning that is not at right angles to what is sought will do; this one is the same each time.
        float[] direction = [.. Enumerable.Range(0, width).Select(i => MathF.Cos((i * 12.9898f) + before.Count))];
        float[] next = new float[width];
        for (int round = 0; round < Iterations; round++)
        {
            next.AsSpan().Clear();
            foreach (float[] sample in samples)
                TensorPrimitives.MultiplyAdd(sample, TensorPrimitives.Dot<float>(sample, direction), next, next);
            foreach (float[] other in before)
                TensorPrimitives.MultiplyAdd(other, -TensorPrimitives.Dot<float>(other, next), next, next);
            float length = TensorPrimitives.Norm<float>(next);
            // There is nothing left in which they differ.
            if (length < 1e-12f)
                return new float[width];
            TensorPrimitives.Divide(next, length, direction);
        }
        int largest = TensorPrimitives.IndexOfMaxMagnitude<float>(direction);
        if (direction[largest] < 0)
            TensorPrimitives.Negate(direction, direction);
        return direction;
    }

    private static float Square(float number) => number * number;
}

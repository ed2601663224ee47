using System.Globalization;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Images;

namespace VitGrid.Benchmarks;

/// <summary>CPU time of the exact bicubic resize alone, on one thread, to 448 × 448.</summary>
internal static class ResampleBenchmark
{
    private const int Repeats = 20;

    // The reference is a prototype of the same arithmetic on Zen 4; 1.5 times its cost is the limit this resampler is held to.
    private static readonly (string Name, int Width, int Height, double Reference)[] Sizes =
        [("12 MP", 4000, 3000, 23), ("2 MP", 1920, 1080, 6.8), ("VGA", 640, 480, 2.2)];

    public static IEnumerable<string> Run()
    {
        yield return "size    ms of CPU   reference   ratio";
        foreach ((string name, int width, int height, double reference) in Sizes)
        {
            double milliseconds = Measure(width, height);
            yield return string.Create(
                CultureInfo.InvariantCulture, $"{name,-6}  {milliseconds,9:F2}   {reference,9:F1}   {milliseconds / reference,5:F2}");
        }
    }

    private static double Measure(int width, int height)
    {
        byte[] source = new byte[(width * height * Raster.PixelBytes) + Raster.Slack];
        new Random(1).NextBytes(source);
        PreprocessProfile profile = new() { Mode = ResizeMode.Squash, Size = InputSize.Square(448) };
        byte[] result = new byte[profile.Size.PixelBytes];
        double best = double.MaxValue;
        for (int i = 0; i < Repeats; i++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            PixelView view = new(source, width * Raster.PixelBytes, 0, 0, width, height);
            Resampler.Resize(view, ResizePlan.For(width, height, profile), profile.Style, profile.Fill, result);
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        }
        return best;
    }
}

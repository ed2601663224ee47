using System.Runtime.InteropServices;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Runtime.Backends;
using VitGrid.Runtime.Execution;
using VitGrid.Runtime.Images;
using VitGrid.Runtime.Sessions;
using VitGrid.Runtime.Tests.Sessions;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images.Processors;

/// <summary>From a file to a vector with what a checkpoint's own files say, and nothing else.</summary>
public sealed class ProcessedVectorTests
{
    [Theory, InlineData("pub-dinov3", PixelType.Single), InlineData("pub-dinov2", PixelType.Byte), InlineData("pub-vit", PixelType.Byte)]
    public void Pixels_become_the_hidden_states_that_normalised_planes_become(string folder, PixelType samples)
    {
        using Checkpoint checkpoint = Checkpoint.Open(GoldenFiles.PathOf("vits", folder));
        PreprocessProfile profile = PreprocessProfile.Resolve(null, checkpoint.Preprocessing);
        Assert.Equal((samples, InputSize.Of(checkpoint.Preprocessing)), (profile.Size.Samples, profile.Size));
        byte[] pixels = ProcessorSheets.Process(ProcessorSheets.Original("portrait"), profile);
        SegmentSettings settings = new()
        {
            Blocks = new(0, checkpoint.Architecture.Depth),
            InputSize = profile.Size,
            Device = ExecutionBackends.Processor,
            Threads = 2,
            HiddenStates = true,
        };
        using ISegmentSession fromPixels = TestSessions.Load(checkpoint, settings);
        using ISegmentSession fromPlanes = TestSessions.Load(checkpoint, settings with { Input = SegmentInput.PixelValues });
        using Activation actual = fromPixels.RunPixels([pixels]);
        using Activation expected = fromPlanes.RunPixelValues(Planes(pixels, samples, checkpoint.Preprocessing));
        Assert.Equal(expected.HiddenState(0), actual.HiddenState(0));
        Assert.Equal(expected.HiddenState(checkpoint.Architecture.Depth), actual.HiddenState(checkpoint.Architecture.Depth));
    }

    private static float[] Planes(byte[] pixels, PixelType samples, ImagePreprocessing preprocessing)
    {
        float[] units = samples == PixelType.Single
            ? MemoryMarshal.Cast<byte, float>(pixels).ToArray()
            : Array.ConvertAll(pixels, level => level / 255f);
        float[] planes = new float[units.Length];
        for (int at = 0; at < units.Length; at++)
        {
            int channel = at % 3;
            float centred = units[at] - preprocessing.Mean[channel];
            planes[(channel * units.Length / 3) + (at / 3)] = centred / preprocessing.StandardDeviation[channel];
        }
        return planes;
    }
}

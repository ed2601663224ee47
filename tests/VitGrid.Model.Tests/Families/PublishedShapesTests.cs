using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Segments;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tests.Checkpoints;

namespace VitGrid.Model.Tests.Families;

/// <summary>Random checkpoints of every published shape, a block deep: they open as what they are, and cost what they hold.</summary>
public sealed class PublishedShapesTests
{
    private const int MaxWidth = 1536;

    public static TheoryData<string> Names =>
        [.. RandomCheckpoint.Architectures.Where(shape => shape.Value.Width <= MaxWidth).Select(shape => shape.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_random_checkpoint_opens_in_its_shape_and_costs_what_it_holds(string name)
    {
        using var folder = new TemporaryFolder();
        EncoderArchitecture shape = RandomCheckpoint.Architectures[name] with { Depth = 1 };
        RandomCheckpoint.Write(name, shape, folder.At("random"), seed: 3, TensorType.BF16);
        using Checkpoint random = Checkpoint.Open(folder.At("random"));
        Assert.Equal((shape, TensorType.BF16), (random.Architecture, random.StoredType));
        Assert.Empty(random.UnusedTensors);
        EncoderCosts costs = random.Costs(InputSize.Square(shape.ImageSize));
        Assert.InRange(costs.TotalParameters, 0.97 * random.ParameterCount, 1.03 * random.ParameterCount);
    }
}

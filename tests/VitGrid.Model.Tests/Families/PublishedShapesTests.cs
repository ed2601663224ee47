using VitGrid.Model.Checkpoints;
using VitGrid.Model.Encoders;
using VitGrid.Model.Families;
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

    public static TheoryData<string> TextNames => [.. EncoderFamilies.All.SelectMany(family => family.TextShapes.Keys)];

    [Theory]
    [MemberData(nameof(TextNames))]
    public void Its_text_tower_does_too_and_both_serve_under_one_config(string name)
    {
        using var folder = new TemporaryFolder();
        EncoderFamily family = EncoderFamilies.All.Single(family => family.TextShapes.ContainsKey(name));
        EncoderArchitecture image = family.Shapes[name] with { Depth = 1 }, text = family.TextShapes[name] with
        {
            Depth = 1,
            VocabularySize = 300,
        };
        RandomCheckpoint.Write(
            family, image, folder.At("random"), new(3, TensorType.BF16, long.MaxValue) { Text = text }, CancellationToken.None);
        using Checkpoint random = Checkpoint.Open(folder.At("random"));
        Assert.Null(random.TextFault);
        bool carries = family.Name == "CLIP";
        Assert.Equal((image, text with { CarriesPooledRow = carries }), (random.Architecture, random.TextTower!.Architecture));
        Assert.Empty(random.UnusedTensors);
        EncoderCosts costs = random.TextTower.Costs(InputSize.OfText(text.ContextLength));
        Assert.Equal(random.TextTower.ParameterCount, costs.TotalParameters);
        Assert.NotNull(random.TextTower.Logits);
    }

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

    [Theory]
    [InlineData("siglip-base-patch16-224", 7_088_640)]
    [InlineData("clip-vit-base-patch32", (2 * 768) + (768 * 512))]
    [InlineData("CLIP-ViT-B-32-laion2B-s34B-b79K", (2 * 768) + (768 * 512))]
    [InlineData("dinov2-small", 2 * 384)]
    [InlineData("internvit-300m-448px", 0)]
    public void What_follows_the_blocks_is_counted_apart(string name, long parameters)
    {
        using var folder = new TemporaryFolder();
        RandomCheckpoint.Write(
            name, RandomCheckpoint.Architectures[name] with { Depth = 1 }, folder.At("random"), seed: 3, TensorType.BF16);
        using Checkpoint random = Checkpoint.Open(folder.At("random"));
        Assert.Equal(parameters, random.Costs(InputSize.Square(random.Architecture.ImageSize)).HeadParameters);
    }
}

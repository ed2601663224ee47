using System.Globalization;
using VitGrid.Model.Encoders;

namespace VitGrid.Model.Tests.Families.Registers;

/// <summary>The tensors of an encoder of one shape, by their names.</summary>
internal sealed class EncoderLayout(EncoderArchitecture shape)
{
    public const string ClassToken = "prefix.class";
    public const string RegisterTokens = "prefix.registers";
    public const string Positions = "positions";
    public const string Stem = "stem";
    public const string LastNorm = "last_norm";

    public static string Layer(int index, string name) => string.Create(CultureInfo.InvariantCulture, $"layers.{index}.{name}");

    public static bool Owns(string name) => new[] { "prefix.", "positions", "stem.", "layers.", "last_norm." }
        .Any(start => name.StartsWith(start, StringComparison.Ordinal));

    public IReadOnlyList<ExpectedTensor> Tensors()
    {
        (int width, int patch, long grid) = (shape.Width, shape.PatchSize, shape.ImageSize / shape.PatchSize);
        return
        [
            new(ClassToken, WeightKind.Token, [1, 1, width]),
            new(RegisterTokens, WeightKind.Token, [1, shape.PrefixTokens - 1, width]),
            new(Positions, WeightKind.Token, [1 + (grid * grid), width]),
            new(Stem + ".weight", WeightKind.Matrix, [width, 3, patch, patch]),
            new(Stem + ".bias", WeightKind.Bias, [width]),
            .. Enumerable.Range(0, shape.Depth).SelectMany(Block),
            .. Norm(LastNorm),
        ];
    }

    private IEnumerable<ExpectedTensor> Block(int index) =>
        new[]
        {
            Norm("norm_a"),
            Linear("q", shape.Width, shape.Width),
            [new("k.weight", WeightKind.Matrix, [shape.Width, shape.Width])],
            Linear("v", shape.Width, shape.Width),
            Linear("out", shape.Width, shape.Width),
            Norm("norm_b"),
            Linear("up", shape.MlpWidth, shape.Width),
            Linear("down", shape.Width, shape.MlpWidth),
        }
        .SelectMany(tensors => tensors)
        .Select(tensor => tensor with { Name = Layer(index, tensor.Name) });

    private ExpectedTensor[] Norm(string stem) =>
        [new(stem + ".weight", WeightKind.NormWeight, [shape.Width]), new(stem + ".bias", WeightKind.Bias, [shape.Width])];

    private static ExpectedTensor[] Linear(string stem, int outputs, int inputs) =>
        [new(stem + ".weight", WeightKind.Matrix, [outputs, inputs]), new(stem + ".bias", WeightKind.Bias, [outputs])];
}

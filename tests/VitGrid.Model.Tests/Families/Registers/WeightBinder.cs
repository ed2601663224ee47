using VitGrid.Model.Encoders;
using VitGrid.Model.Tensors;

namespace VitGrid.Model.Tests.Families.Registers;

/// <summary>Gives each weight its role.</summary>
internal sealed class WeightBinder(IReadOnlyDictionary<string, TensorEntry> tensors, int depth)
{
    public const string Registers = "register_tokens";
    public const string FinalNormWeight = "final_norm.weight";
    public const string FinalNormBias = "final_norm.bias";

    public EncoderWeights Bind() => new(
        Whole(EncoderLayout.ClassToken),
        Whole(EncoderLayout.Positions),
        Linear(EncoderLayout.Stem),
        [.. Enumerable.Range(0, depth).Select(Block)])
    {
        Others =
        [
            new(Registers, Whole(EncoderLayout.RegisterTokens)),
            new(FinalNormWeight, Whole(EncoderLayout.LastNorm + ".weight")),
            new(FinalNormBias, Whole(EncoderLayout.LastNorm + ".bias")),
        ],
    };

    private BlockWeights Block(int index)
    {
        string Name(string name) => EncoderLayout.Layer(index, name);
        return new(
            Norm(Name("norm_a")),
            Linear(Name("q")),
            new(Whole(Name("k.weight")), Bias: null),
            Linear(Name("v")),
            QueryNorm: null,
            KeyNorm: null,
            Linear(Name("out")),
            LayerScale1: null,
            Norm(Name("norm_b")),
            Linear(Name("up")),
            Linear(Name("down")),
            LayerScale2: null);
    }

    private LinearWeights Linear(string stem) => new(Whole(stem + ".weight"), Whole(stem + ".bias"));

    private NormWeights Norm(string stem) => new(Whole(stem + ".weight"), Whole(stem + ".bias"));

    private WeightSlice Whole(string name) => WeightSlice.Whole(tensors[name]);
}
